#include "rl/base/file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/support/temporary_directory.h"

TEST_SUITE("base") {
  TEST_CASE("a file is written whole with its mode and read back") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/token";
    REQUIRE(rl::write_file(path, "secret", rl::FileMode::kPrivate).has_value());
    REQUIRE(rl::write_file(path, "newer", rl::FileMode::kPrivate).has_value());
    CHECK(rl::read_file(path).value() == "newer");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0600U);
  }

  TEST_CASE("a missing file says its path and why") {
    const auto content = rl::read_file("/nonexistent/file");
    REQUIRE_FALSE(content.has_value());
    CHECK(content.error().message == "cannot read /nonexistent/file: No such file or directory");
  }

  TEST_CASE("a directory is made with its parents and a file in the way is an error") {
    const rl::test::TemporaryDirectory directory;
    CHECK(rl::make_private_directory(directory.path() + "/a/b").has_value());
    CHECK(rl::make_private_directory(directory.path() + "/a/b").has_value());
    REQUIRE(rl::write_file(directory.path() + "/file", "", rl::FileMode::kPublic).has_value());
    CHECK_FALSE(rl::make_private_directory(directory.path() + "/file").has_value());
    CHECK_FALSE(rl::make_private_directory(directory.path() + "/file/below").has_value());
  }
}
