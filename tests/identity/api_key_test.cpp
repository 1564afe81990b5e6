#include "rl/identity/api_key.h"

#include <doctest/doctest.h>

#include <set>

#include "rl/identity/digest.h"
#include "rl/identity/user_records.h"

TEST_SUITE("identity") {
  TEST_CASE("a key is made of the prefix and random letters and a checksum") {
    rl::SeededRandom random(1);
    std::set<std::string> keys;
    std::set<char> digits;
    for (int i = 0; i < 1000; ++i) {
      const std::string key = rl::make_api_key(random);
      CAPTURE(key);
      CHECK(key.size() == 46);
      CHECK(key.starts_with("rlk_"));
      CHECK(rl::is_api_key(key));
      keys.insert(key);
      digits.insert(key.begin() + 4, key.begin() + 40);
    }
    CHECK(keys.size() == 1000);
    CHECK(digits.size() == 62);
    // Computed with Python: zlib.crc32(b"rlk_" + b"0" * 36), in base 62.
    CHECK(rl::is_api_key("rlk_0000000000000000000000000000000000004XxERa"));
  }

  TEST_CASE("a mistyped key is told without asking anybody") {
    rl::SeededRandom random(2);
    const std::string key = rl::make_api_key(random);
    for (std::size_t at = 0; at < key.size(); ++at) {
      std::string wrong = key;
      wrong[at] = key[at] == 'x' ? 'y' : 'x';
      CHECK_FALSE(rl::is_api_key(wrong));
      if (at + 1 < key.size() && key[at] != key[at + 1]) {
        wrong = key;
        std::swap(wrong[at], wrong[at + 1]);
        CHECK_FALSE(rl::is_api_key(wrong));
      }
    }
    CHECK_FALSE(rl::is_api_key(""));
    CHECK_FALSE(rl::is_api_key("rlk_"));
    CHECK_FALSE(rl::is_api_key("rlk_demo_free"));
    CHECK_FALSE(rl::is_api_key(key + "0"));
    CHECK_FALSE(rl::is_api_key(key.substr(0, 45)));
    CHECK_FALSE(rl::is_api_key(" " + key.substr(0, 45)));
  }

  TEST_CASE("what is shown of a key is its beginning and its end") {
    rl::SeededRandom random(3);
    const std::string key = rl::make_api_key(random);
    const rl::ApiKeyHint hint = rl::hint_of(key);
    CHECK(hint.prefix == key.substr(0, 8));
    CHECK(hint.last_four == key.substr(42));
  }

  TEST_CASE("a digest is the one of FIPS 180-4 and differs when any bit does") {
    const rl::Digest digest = rl::sha256("abc");
    CHECK(rl::to_hex(digest) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(rl::sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(rl::equal_digests(digest, rl::sha256("abc")));
    for (std::size_t bit = 0; bit < 8 * digest.size(); ++bit) {
      CAPTURE(bit);
      rl::Digest other = digest;
      other[bit / 8] = static_cast<unsigned char>(other[bit / 8] ^ (1U << (bit % 8)));
      CHECK_FALSE(rl::equal_digests(digest, other));
    }
  }

  TEST_CASE("an id has one spelling") {
    CHECK(rl::parse_id("1") == 1);
    CHECK(rl::parse_id("9223372036854775807") == INT64_MAX);
    CHECK(rl::parse_key_name("k12") == 12);
    CHECK(rl::key_name_of(12) == "k12");
    for (const char* const text :
         {"", "0", "01", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808",
          "18446744073709551617", "..", "1/quota", "\xD9\xA1", "k1"}) {
      CAPTURE(text);
      CHECK_FALSE(rl::parse_id(text).has_value());
    }
    for (const char* const text : {"", "k", "1", "K1", "k0", "kk1", "k-1", "k1 "}) {
      CAPTURE(text);
      CHECK_FALSE(rl::parse_key_name(text).has_value());
    }
  }
}
