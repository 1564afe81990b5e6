#include "rl/identity/admin_tokens.h"

#include <doctest/doctest.h>

using rl::AdminRole;
using rl::AdminTokens;

namespace {

constexpr char kOld[] = "0123456789abcdef";
constexpr char kNew[] = "fedcba9876543210";

}  // namespace

TEST_SUITE("identity") {
  TEST_CASE("a token alone is one of the administrator") {
    for (const std::string text : {"0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef\r\n",
                                   "\n# new in May\n  0123456789abcdef\n"}) {
      CAPTURE(text);
      const auto tokens = AdminTokens::parse(text, "f");
      REQUIRE(tokens.has_value());
      CHECK(tokens->size() == 1);
      REQUIRE(tokens->find(kOld) != nullptr);
      CHECK(tokens->find(kOld)->name == "admin");
      CHECK(tokens->find(kOld)->role == AdminRole::kAdmin);
    }
  }

  TEST_CASE("several tokens work at the same time, each with its name and role") {
    const auto tokens = AdminTokens::parse(
        "deploy admin 0123456789abcdef\n"
        "deploy admin fedcba9876543210\n"
        "on-call\toperate\ta-token-of-the-operator\n"
        "prometheus read a-token-to-read-only\n",
        "f");
    REQUIRE(tokens.has_value());
    CHECK(tokens->find(kOld)->name == "deploy");
    CHECK(tokens->find(kNew)->name == "deploy");  // the next one of the same, until both are there
    CHECK(tokens->find("a-token-of-the-operator")->role == AdminRole::kOperate);
    CHECK(tokens->find("a-token-to-read-only")->role == AdminRole::kRead);
    CHECK(AdminRole::kRead < AdminRole::kOperate);
    CHECK(AdminRole::kOperate < AdminRole::kAdmin);
  }

  TEST_CASE("what is near a token is not the token") {
    const auto tokens = AdminTokens::parse(kOld, "f");
    REQUIRE(tokens.has_value());
    for (const char* const offered : {"", "0123456789abcde", "0123456789abcdef0",
                                      "0123456789abcdeF", "admin", "0123456789abcdef "}) {
      CHECK(tokens->find(offered) == nullptr);
    }
    CHECK(AdminTokens().find("") == nullptr);
  }

  TEST_CASE("a token is compared with all, whichever it is") {
    // Were there a way out at the first, the time would tell how many were compared.
    const auto digest = rl::sha256(kOld);
    const AdminTokens tokens({{.name = "first", .digest = digest},
                              {.name = "middle", .digest = digest},
                              {.name = "last", .digest = digest},
                              {.name = "other", .digest = rl::sha256(kNew)}});
    CHECK(tokens.find(kOld)->name == "last");
  }

  TEST_CASE("a file that is not one of tokens is refused by its line and shows no secret") {
    struct Row {
      std::string text;
      std::string message;
    };
    const std::string secret = "tell-nobody-of-this";
    const Row rows[] = {
        {"", "f holds no admin token"},
        {"\n# nothing\n", "f holds no admin token"},
        {"short", "f, line 1, is no admin token"},
        {std::string(257, 'x'), "f, line 1, is no admin token"},
        {"tell-nobody \xc3\xa4-of-this-at-all", "f, line 1, is no admin token"},
        {"deploy admin short", "f, line 1, is no admin token"},
        {"deploy " + secret, "f, line 1, is no admin token"},
        {"deploy admin " + secret + " x", "f, line 1, is no admin token"},
        {"\ndeploy root " + secret, "f, line 2, has no role"},
        {"deploy Admin " + secret, "f, line 1, has no role"},
        {"de/ploy admin " + secret, "f, line 1, has no name"},
        {std::string(65, 'n') + " admin " + secret, "f, line 1, has no name"},
        {secret + "\n" + secret, "f, line 2: this token stands there before"},
        {"a read " + secret + "\nb admin " + secret, "f, line 2: this token stands there before"},
    };
    for (const Row& row : rows) {
      CAPTURE(row.text);
      const auto tokens = AdminTokens::parse(row.text, "f");
      REQUIRE_FALSE(tokens.has_value());
      CHECK(tokens.error().message == row.message);
      CHECK(tokens.error().message.find("nobody") == std::string::npos);
      CHECK(tokens.error().hint.find("nobody") == std::string::npos);
    }
    std::string many;
    for (std::size_t i = 0; i <= AdminTokens::kMost; ++i) {
      many += "a-token-with-a-number-" + std::to_string(i) + "\n";
    }
    CHECK(AdminTokens::parse(many, "f").error().message ==
          "f, line 65: there are more than 64 tokens");
  }

  TEST_CASE("tokens are replaced whole and whoever reads keeps what it took") {
    rl::AdminTokenRegister tokens(*AdminTokens::parse(kOld, "f"));
    const auto taken = tokens.snapshot();
    tokens.install(*AdminTokens::parse(kNew, "f"));
    CHECK(taken->find(kOld) != nullptr);
    CHECK(tokens.snapshot()->find(kOld) == nullptr);
    CHECK(tokens.snapshot()->find(kNew) != nullptr);
  }
}
