#include <doctest/doctest.h>

#include <initializer_list>

#include "rl/identity/demo_identity.h"
#include "rl/identity/digest.h"

namespace {

rl::Policy policy_of(std::initializer_list<const char*> tiers) {
  rl::Policy policy;
  for (const char* const name : tiers) {
    policy.tiers.push_back({.name = name, .description = "", .rules = {}});
  }
  return policy;
}

}  // namespace

TEST_SUITE("identity") {
  TEST_CASE("each tier has a demo user and a key") {
    const rl::PolicyRegister policies(policy_of({"free", "pro"}));
    const rl::DemoIdentity identity(policies);
    const auto caller = identity.find_key("rlk_demo_pro").value();
    REQUIRE(caller.has_value());
    CHECK(caller->user_id == 2);
    CHECK(caller->tier == "pro");
    CHECK(caller->key_id == "demo-pro");
    CHECK(identity.find_user(2).value()->key_owner == caller->key_owner);
    CHECK_FALSE(identity.find_user(0)->has_value());
    CHECK_FALSE(identity.find_user(3)->has_value());
  }

  TEST_CASE("a suffix makes another key of the same user") {
    const rl::PolicyRegister policies(policy_of({"free"}));
    const rl::DemoIdentity identity(policies);
    const auto plain = identity.find_key("rlk_demo_free").value();
    const auto first = identity.find_key("rlk_demo_free.a").value();
    const auto second = identity.find_key("rlk_demo_free.B-2_").value();
    REQUIRE((plain && first && second));
    CHECK(first->user_id == plain->user_id);
    CHECK(first->user_owner == plain->user_owner);
    CHECK(first->key_owner != plain->key_owner);
    CHECK(first->key_owner != second->key_owner);
  }

  TEST_CASE("what is not a demo key is nobody's") {
    const rl::PolicyRegister policies(policy_of({"free"}));
    const rl::DemoIdentity identity(policies);
    for (const std::string_view key :
         {"", "rlk_demo_", "rlk_demo_fre", "rlk_demo_freee", "RLK_DEMO_FREE", "rlk_demo_free.",
          "rlk_demo_free.a.b", "rlk_demo_free.\xc3\xa4", "rlk_demo_free.a b",
          "rlk_demo_free.123456789012345678901234567890123"}) {
      CAPTURE(key);
      CHECK_FALSE(identity.find_key(key)->has_value());
    }
    CHECK_FALSE(rl::NoIdentity().find_key("rlk_demo_free")->has_value());
    CHECK_FALSE(rl::NoIdentity().find_user(1)->has_value());
  }

  TEST_CASE("the demo users follow the policy in force") {
    rl::PolicyRegister policies(policy_of({"free"}));
    const rl::DemoIdentity identity(policies);
    CHECK_FALSE(identity.find_key("rlk_demo_gold")->has_value());
    policies.install(policy_of({"free", "gold"}));
    CHECK(identity.find_key("rlk_demo_gold.a").value()->user_id == 2);
    policies.install(policy_of({"gold"}));
    CHECK_FALSE(identity.find_key("rlk_demo_free")->has_value());
    CHECK(identity.find_user(1).value()->tier == "gold");
  }

  TEST_CASE("an owner's name is bounded and two ids never share one") {
    const std::string shared(40, 'x');
    CHECK(rl::owner_name("k:", "demo-free") == "k:demo-free");
    CHECK(rl::owner_name("k:", shared + "1").size() == 31);
    CHECK(rl::owner_name("k:", shared + "1") != rl::owner_name("k:", shared + "2"));
    const std::string digest_of_shared = rl::owner_name("k:", shared);
    CHECK(rl::owner_name("k:", digest_of_shared.substr(2)) != digest_of_shared);
    CHECK(rl::anonymous_caller("alice", "free").key_owner == "a:alice");
    CHECK(rl::anonymous_caller("alice", "free").key_owner != rl::owner_name("k:", "alice"));
  }

  TEST_CASE("digests and comparisons of secrets are right") {
    CHECK(rl::sha256_hex("abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");  // FIPS 180-4
    CHECK(rl::equal_secrets("token", "token"));
    CHECK_FALSE(rl::equal_secrets("token", "tokem"));
    CHECK_FALSE(rl::equal_secrets("token", ""));
  }
}
