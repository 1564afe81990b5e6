#include <doctest/doctest.h>

#include <string>

#include "rl/base/file.h"
#include "rl/base/random.h"
#include "rl/config/policy_file.h"
#include "tests/support/paths.h"

namespace {

/// Reads the text; whatever it says, the answer is a policy or faults that are fit to print.
void check_survives(const std::string& text) {
  const auto policy = rl::parse_policy(text, "tiers.toml");
  if (policy) {
    CHECK(policy->find_tier(policy->default_tier) != nullptr);
    return;
  }
  REQUIRE_FALSE(policy.error().empty());
  std::size_t line = 0;
  for (const auto& fault : policy.error()) {
    CHECK(fault.line >= line);
    line = fault.line;
    CHECK(fault.message.size() < 1000);
    for (const char c : fault.message + fault.hint) {
      const bool is_control = static_cast<unsigned char>(c) < ' ' || c == '\x7f';
      REQUIRE_FALSE(is_control);
    }
  }
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

std::string only_fault(const std::string& text) {
  const auto policy = rl::parse_policy(text, "tiers.toml");
  REQUIRE_FALSE(policy.has_value());
  REQUIRE(policy.error().size() == 1);
  return policy.error()[0].to_string();
}

constexpr char kDocumentHead[] = "version = 1\ndefault_tier = \"t0\"\n";

/// One change that a slip of the keyboard, or malice, may make.
void mutate(std::string& text, rl::Random& random) {
  static constexpr std::string_view kPieces[] = {
      "\"",     "'",       "\"\"\"", "[",   "]",    "[[",         "]]",
      "{",      "}",       "=",      ".",   ",",    "#",          "\n",
      "\\",     "\\u0007", "-1",     "1e9", "true", "1979-05-27", "99999999999999999999",
      "\"1s\"", "limits",  "tiers",  "\xff"};
  const std::size_t at = random.below(text.size() + 1);
  switch (random.below(4)) {
    case 0:
      text.insert(at, kPieces[random.below(std::size(kPieces))]);
      break;
    case 1:
      text.erase(at, random.below(8));
      break;
    case 2:
      text.insert(at, text.substr(random.below(text.size() + 1), random.below(40)));
      break;
    default:
      text.insert(at, 1, static_cast<char>(random.below(256)));
  }
}

}  // namespace

TEST_SUITE("config") {
  TEST_CASE("random bytes are refused without harm") {
    constexpr std::uint64_t kSeed = 20260101;
    CAPTURE(kSeed);
    rl::SeededRandom random(kSeed);
    for (int round = 0; round < 2000; ++round) {
      CAPTURE(round);
      std::string text(random.below(200), '\0');
      for (char& c : text) {
        c = static_cast<char>(random.below(256));
      }
      check_survives(text);
    }
  }

  TEST_CASE("a sample file with random changes is read or refused without harm") {
    constexpr std::uint64_t kSeed = 20260102;
    CAPTURE(kSeed);
    rl::SeededRandom random(kSeed);
    const auto sample = rl::read_file(rl::test::source_dir() + "/tiers.toml");
    REQUIRE(sample.has_value());
    const std::string whole = *sample +
                              "[[global.limits]]\nwindow = \"1s\"\nbase = 5000\n"
                              "[[routes]]\nmatch = \"POST /v1/*\"\ncost = 5\n"
                              "limits = [{ window = \"1s\", base = 2, scope = \"route\" }]\n";
    for (int round = 0; round < 10'000; ++round) {
      CAPTURE(round);
      std::string text = whole;
      for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
        mutate(text, random);
      }
      check_survives(text);
    }
  }

  TEST_CASE("nesting of any depth is refused without exhausting the stack") {
    const std::string table[] = {
        "x = " + repeated("[", 500'000),
        "x = " + repeated("{a=", 300'000),
        "a" + repeated(".a", 500'000) + " = 1",
        "a" + repeated(". \"=\" .\t'#'", 80'000) + " = 1",
        "[a" + repeated(".a", 500'000) + "]",
        "[[a" + repeated(".a", 500'000) + "]]",
        "x = \"\"\"\"\"\"\"\"\na" + repeated(".a", 500'000) + " = 1",
        "x = { y = '''a'''', a" + repeated(".a", 500'000) + " = 1 }",
        "x = [ # \"\n{ a" + repeated(".a", 500'000) + " = 1 } ]",
    };
    for (const std::string& text : table) {
      CAPTURE(text.substr(0, 40));
      const auto policy = rl::parse_policy(text, "tiers.toml");
      REQUIRE_FALSE(policy.has_value());
      CHECK(policy.error().size() == 1);
    }
  }

  TEST_CASE("the deepest text that is read is read without exhausting the stack") {
    check_survives("a.a.a.a.a.a.a.a = " + repeated("[{a.a.a.a.a.a.a.a=", 120) + "1" +
                   repeated("}]", 120));
  }

  TEST_CASE("a key of too many parts is told where it grows too long") {
    CHECK(only_fault("x = 1\n\"\u00e9\".b.c.d.e.f.g.h.i = 1") ==
          "tiers.toml:2:18: error: a key has more than 8 parts");
  }

  TEST_CASE("dots outside keys are not parts of a key") {
    struct Description {
      std::string_view written;
      std::string_view meant;
    };
    const Description table[] = {
        {R"("a.b.c.d.e.f.g.h.i.j")", "a.b.c.d.e.f.g.h.i.j"},
        {R"('a.b.c.d.e.f.g.h.i.j')", "a.b.c.d.e.f.g.h.i.j"},
        {R"("\"a.b.c.d.e.f.g.h.i.j")", "\"a.b.c.d.e.f.g.h.i.j"},
        {R"('\' # 'a.b.c.d.e.f.g.h.i.j)", "\\"},
        {R"("""a "b" c.d.e.f.g.h.i.j.k.l""")", "a \"b\" c.d.e.f.g.h.i.j.k.l"},
        {R"("""a \""" b.c.d.e.f.g.h.i.j.k""")", "a \"\"\" b.c.d.e.f.g.h.i.j.k"},
        {R"('''a "b" c.d.e.f.g.h.i.j.k.l''')", "a \"b\" c.d.e.f.g.h.i.j.k.l"},
        {R"("" # """ a.b.c.d.e.f.g.h.i.j)", ""},
    };
    for (const Description& description : table) {
      CAPTURE(description.written);
      const auto policy =
          rl::parse_policy(std::string(kDocumentHead) + "[tiers.t0]\nunlimited = true\n" +
                               "description = " + std::string(description.written) + "\n",
                           "tiers.toml");
      REQUIRE(policy.has_value());
      CHECK(policy->tiers[0].description == description.meant);
    }
  }

  TEST_CASE("the keys of one line are not parts of one key") {
    CHECK(rl::parse_policy("version = 1\ndefault_tier = \"a\"\ntiers = { a.unlimited = true, "
                           "b.unlimited = true, c.unlimited = true, d.unlimited = true, "
                           "e.unlimited = true, f.unlimited = true, g.unlimited = true, "
                           "h.unlimited = true, i.unlimited = true }\n",
                           "tiers.toml")
              .has_value());
  }

  TEST_CASE("a file of more than one mebibyte is refused whole") {
    std::string text = std::string(kDocumentHead) + "tiers.t0.unlimited = true\n#";
    text.resize(std::size_t{1} << 20U, '#');
    CHECK(rl::parse_policy(text, "tiers.toml").has_value());
    CHECK(only_fault(text + "#") == "tiers.toml: error: the file is larger than 1 MiB");
  }

  TEST_CASE("more than a thousand tiers are refused at the first too many") {
    std::string text = kDocumentHead;
    for (int i = 0; i < 1000; ++i) {
      text += "tiers.t" + std::to_string(i) + ".unlimited = true\n";
    }
    CHECK(rl::parse_policy(text, "tiers.toml").has_value());
    CHECK(only_fault(text + "tiers.last.unlimited = true\ntiers.later.unlimited = true\n") ==
          "tiers.toml:1003:7: error: more than 1000 tiers");
  }

  TEST_CASE("more than ten thousand routes are refused at the first too many") {
    std::string text = std::string(kDocumentHead) + "tiers.t0.unlimited = true\n";
    for (int i = 0; i < 10'000; ++i) {
      text += "[[routes]]\nmatch = \"GET /" + std::to_string(i) + "\"\ncost = 2\n";
    }
    CHECK(rl::parse_policy(text, "tiers.toml").has_value());
    CHECK(only_fault(text + "[[routes]]\nmatch = \"GET /last\"\ncost = 2\n") ==
          "tiers.toml:30004:1: error: more than 10000 routes");
  }
}
