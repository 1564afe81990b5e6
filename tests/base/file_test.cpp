#include "rl/base/file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

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

  TEST_CASE("a file that is replaced keeps its mode and the links that lead to it") {
    const rl::test::TemporaryDirectory directory;
    const std::string real = directory.path() + "/real";
    const std::string link = directory.path() + "/link";
    REQUIRE(rl::replace_file(real, "first").has_value());
    struct stat status {};
    REQUIRE(::stat(real.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0644U);
    REQUIRE(::chmod(real.c_str(), 0640) == 0);
    REQUIRE(::symlink("real", link.c_str()) == 0);
    REQUIRE(rl::replace_file(link, "second").has_value());
    CHECK(rl::read_file(real).value() == "second");
    REQUIRE(::lstat(link.c_str(), &status) == 0);
    CHECK(S_ISLNK(status.st_mode));
    REQUIRE(::stat(real.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777U) == 0640U);
    CHECK_FALSE(rl::replace_file(directory.path() + "/none/file", "").has_value());
  }

  TEST_CASE("a stamp tells a file that was written to or replaced from the one before") {
    const rl::test::TemporaryDirectory directory;
    const std::string path = directory.path() + "/file";
    CHECK(rl::stamp_of(path) == rl::FileStamp{});
    REQUIRE(rl::write_file(path, "first", rl::FileMode::kPublic).has_value());
    const rl::FileStamp first = rl::stamp_of(path);
    CHECK(first.size == 5);
    CHECK(first == rl::stamp_of(path));
    const timespec later[2] = {{.tv_sec = 1, .tv_nsec = 2}, {.tv_sec = 3, .tv_nsec = 4}};
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), later, 0) == 0);
    CHECK(rl::stamp_of(path).written_ns == 3'000'000'004);
    REQUIRE(rl::write_file(path, "other", rl::FileMode::kPublic).has_value());
    REQUIRE(::utimensat(AT_FDCWD, path.c_str(), later, 0) == 0);
    CHECK(rl::stamp_of(path).inode != first.inode);
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
