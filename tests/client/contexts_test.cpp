#include "rl/client/contexts.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "rl/base/file.h"
#include "tests/support/temporary_directory.h"

using rl::client::Contexts;
using rl::client::is_context_name;
using rl::client::load_contexts;
using rl::client::save_contexts;

TEST_SUITE("client") {
  TEST_CASE("contexts are read as they were written and nobody else can read them") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/deep/rl/contexts.json";
    REQUIRE(load_contexts(path).has_value());
    CHECK(load_contexts(path)->all.empty());
    Contexts contexts;
    contexts.put({.name = "a", .server = "http://h:1", .token_file = "/t"});
    contexts.put({.name = "b", .server = "http://h:2"});
    contexts.put({.name = "a", .server = "http://h:3"});
    contexts.current = "b";
    REQUIRE(save_contexts(path, contexts).has_value());
    const auto read = load_contexts(path);
    REQUIRE(read.has_value());
    REQUIRE(read->all.size() == 2);
    CHECK(read->all[0].server == "http://h:3");
    CHECK(read->all[0].token_file.empty());
    CHECK(read->current == "b");
    CHECK(read->find("b") != nullptr);
    CHECK(read->find("c") == nullptr);
    for (const auto& [name, mode] :
         {std::pair{path, 0600U}, {directory.path() + "/deep/rl", 0700U}}) {
      struct stat status {};
      REQUIRE(::stat(name.c_str(), &status) == 0);
      CHECK((status.st_mode & 0777U) == mode);
    }
  }

  TEST_CASE("a context that is removed is not in use any more") {
    Contexts contexts{.all = {{.name = "a", .server = "h:1"}, {.name = "b", .server = "h:2"}},
                      .current = "a"};
    CHECK_FALSE(contexts.remove("c"));
    CHECK(contexts.current == "a");
    CHECK(contexts.remove("b"));
    CHECK(contexts.current == "a");
    CHECK(contexts.remove("a"));
    CHECK(contexts.current.empty());
    CHECK(contexts.all.empty());
  }

  TEST_CASE("a file that holds no contexts of ours is an error that names it") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/contexts.json";
    for (const char* const text :
         {"", "[]", "{}", R"({"contexts":{}})", R"({"contexts":[1]})",
          R"({"contexts":[{"name":"a"}]})", R"({"contexts":[{"name":"a","server":7}]})",
          R"({"contexts":[{"name":"../a","server":"h:1"}]})", R"({"current":1,"contexts":[]})"}) {
      CAPTURE(text);
      REQUIRE(rl::write_file(path, text, rl::FileMode::kPrivate).has_value());
      const auto read = load_contexts(path);
      REQUIRE_FALSE(read.has_value());
      CHECK(read.error().message.find(path) == 0);
    }
    REQUIRE(rl::write_file(path, R"({"contexts":[]})", rl::FileMode::kPrivate).has_value());
    CHECK(load_contexts(path).has_value());
  }

  TEST_CASE("the name of a context fits into a line") {
    CHECK(is_context_name("prod-1.eu_A"));
    CHECK(is_context_name(std::string(64, 'a')));
    for (const char* const name : {"", "a b", "a/b", "a\nb", "\xC3\xA9"}) {
      CHECK_FALSE(is_context_name(name));
    }
    CHECK_FALSE(is_context_name(std::string(65, 'a')));
  }
}
