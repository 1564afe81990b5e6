#include "rl/client/discovery.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rl/base/file.h"
#include "rl/base/process.h"
#include "rl/config/data_dir.h"
#include "tests/support/temporary_directory.h"

namespace {

using namespace rl::client;

/// The data directory of a local server.
class DataDirectory {
 public:
  const std::string& path() const { return directory_.path(); }
  std::string token_path() const { return path() + "/" + rl::kTokenFile; }

  void write_server_file(const std::string& text) const {
    REQUIRE(rl::write_file(path() + "/" + rl::kServerFile, text, rl::FileMode::kPrivate));
  }
  void describe_server(long pid, const std::string& token_file) const {
    write_server_file(fmt::format(
        R"({{"pid": {}, "data": "127.0.0.1:8080", "admin": "127.0.0.1:8081", "token_file": {}}})",
        pid, token_file));
  }
  void write_token(const std::string& text, rl::FileMode mode = rl::FileMode::kPrivate) const {
    REQUIRE(rl::write_file(token_path(), text, mode));
  }

 private:
  rl::test::TemporaryDirectory directory_;
};

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

AdminError error_of(const ServerChoice& choice) {
  const auto target = find_server(choice);
  REQUIRE_FALSE(target.has_value());
  return target.error();
}

/// The id of a process that has ended.
long ended_process() {
  auto child = rl::ChildProcess::start({.argv = {"/bin/true"}});
  REQUIRE(child.has_value());
  const long pid = child->pid();
  REQUIRE(child->wait(std::chrono::seconds{10}).has_value());
  return pid;
}

TEST_SUITE("client") {
  TEST_CASE("a named server is read with and without its scheme") {
    for (const char* const text :
         {"127.0.0.1:8081", "http://127.0.0.1:8081", "http://127.0.0.1:8081/"}) {
      const auto target = find_server({.server = text, .token = "t"});
      REQUIRE(target.has_value());
      CHECK(target->address.to_string() == "127.0.0.1:8081");
      CHECK(target->token == "t");
    }
    CHECK(find_server({.server = "http://[::1]:80"})->address.to_string() == "[::1]:80");
    CHECK(find_server({.server = "localhost:1"})->token.empty());
    CHECK_FALSE(find_server({.server = "http://localhost:1"})->tls.has_value());
    const auto secure = find_server({.server = "https://h:1", .tls = {.ca_file = "ca"}});
    REQUIRE(secure->tls.has_value());
    CHECK(secure->tls->ca_file == "ca");
  }

  TEST_CASE("what names no server is invalid") {
    for (const char* const text : {"ftp://h:1", "h", "http://h", "h:0", "h:99999", ":8081",
                                   "http://h:1/path", "h:1/path", "unix:///run/rl"}) {
      CAPTURE(text);
      const AdminError error = error_of({.server = text});
      CHECK(error.kind == AdminErrorKind::kInvalid);
      CHECK(error.message.find(text) != std::string::npos);
      CHECK(error.hint ==
            "write https://HOST:PORT, http://HOST:PORT or HOST:PORT, such as 127.0.0.1:8081");
    }
  }

  TEST_CASE("with nothing set the local server tells its address and token") {
    const DataDirectory data;
    data.write_token("s3cret\n");
    data.describe_server(::getpid(), quoted(data.token_path()));
    const auto target = find_server({.data_dir = data.path()});
    REQUIRE(target.has_value());
    CHECK(target->address.to_string() == "127.0.0.1:8081");
    CHECK(target->token == "s3cret");
  }

  TEST_CASE("of several tokens in a file the first with the largest role is taken") {
    const DataDirectory data;
    data.describe_server(::getpid(), quoted(data.token_path()));
    const std::pair<const char*, const char*> rows[] = {
        {"graphs read r-token\non-call operate o-token\nanna admin a-token\nbob admin b\n",
         "a-token"},
        {"# anna admin no-token\ngraphs read r-token\non-call operate o-token", "o-token"},
        {"graphs read r-token\r\n", "r-token"},
        {"admin\n", "admin"},
    };
    for (const auto& [text, token] : rows) {
      CAPTURE(text);
      data.write_token(text);
      const auto target = find_server({.data_dir = data.path()});
      REQUIRE(target.has_value());
      CHECK(target->token == token);
    }
  }

  TEST_CASE("a process of another user counts as there") {
    const DataDirectory data;
    data.describe_server(1, "null");
    const auto target = find_server({.data_dir = data.path()});
    REQUIRE(target.has_value());
    CHECK(target->token.empty());
  }

  TEST_CASE("a chosen token goes before the local server's and a file before the token") {
    const DataDirectory data;
    data.write_token("local");
    data.describe_server(::getpid(), quoted(data.token_path()));
    const std::string file = data.path() + "/mine";
    REQUIRE(rl::write_file(file, "from-file", rl::FileMode::kPrivate));
    CHECK(find_server({.token = " direct\n", .data_dir = data.path()})->token == "direct");
    CHECK(find_server({.token_file = file, .token = "direct", .data_dir = data.path()})->token ==
          "from-file");
  }

  TEST_CASE("the local token is not sent to a named server") {
    const DataDirectory data;
    data.write_token("local");
    data.describe_server(::getpid(), quoted(data.token_path()));
    CHECK(find_server({.server = "127.0.0.1:8081", .data_dir = data.path()})->token.empty());
  }

  TEST_CASE("no local server is unreachable and the hint says how to get one") {
    const DataDirectory data;
    for (const std::string& path : {data.path(), data.path() + "/nonexistent"}) {
      const AdminError error = error_of({.data_dir = path});
      CHECK(error.kind == AdminErrorKind::kUnreachable);
      CHECK(error.message == "no local server found in " + path);
      CHECK(error.hint == "start one with rlserver --dev, or name one with --server");
    }
  }

  TEST_CASE("a local server that has ended is unreachable") {
    const DataDirectory data;
    const long pid = ended_process();
    data.describe_server(pid, "null");
    const AdminError error = error_of({.data_dir = data.path()});
    CHECK(error.kind == AdminErrorKind::kUnreachable);
    CHECK(error.message == fmt::format("the local server is gone: {}/server.json is of process {}, "
                                       "which has ended",
                                       data.path(), pid));
  }

  TEST_CASE("a server file of another form is an error") {
    const DataDirectory data;
    for (const char* const text :
         {"", "[]", "null", "{}", R"({"pid": 1})", R"({"pid": "1", "admin": "127.0.0.1:1"})",
          R"({"pid": 1, "admin": 8081})", R"({"pid": 1, "admin": "here"})"}) {
      CAPTURE(text);
      data.write_server_file(text);
      const AdminError error = error_of({.data_dir = data.path()});
      CHECK(error.kind == AdminErrorKind::kFailed);
      CHECK(error.message == data.path() + "/server.json does not describe a rlserver");
    }
  }

  TEST_CASE("a process id that can be none counts as ended") {
    const DataDirectory data;
    for (const long pid : {0L, -1L, 4294967297L}) {  // to kill(), the first two are groups, cut to
                                                     // 32 bits the last is process 1
      data.describe_server(pid, "null");
      CHECK(error_of({.data_dir = data.path()}).kind == AdminErrorKind::kUnreachable);
    }
  }

  TEST_CASE("a token file that cannot be read says so") {
    const DataDirectory data;
    data.describe_server(::getpid(), quoted(data.token_path()));
    const AdminError error = error_of({.data_dir = data.path()});
    CHECK(error.kind == AdminErrorKind::kUnauthorised);
    CHECK(error.message ==
          fmt::format("cannot read {}: No such file or directory", data.token_path()));
  }

  TEST_CASE("a token file that others can use is refused") {
    const DataDirectory data;
    data.write_token("s3cret", rl::FileMode::kPublic);
    for (const mode_t mode : {0644U, 0640U, 0604U, 0620U}) {
      CAPTURE(mode);
      REQUIRE(::chmod(data.token_path().c_str(), mode) == 0);
      const AdminError error = error_of({.server = "h:1", .token_file = data.token_path()});
      CHECK(error.kind == AdminErrorKind::kUnauthorised);
      CHECK(error.hint == "chmod 600 " + data.token_path());
      CHECK(error.message.find("s3cret") == std::string::npos);
    }
    REQUIRE(::chmod(data.token_path().c_str(), 0400) == 0);
    CHECK(find_server({.server = "h:1", .token_file = data.token_path()})->token == "s3cret");
  }

  TEST_CASE("what is not one word is no token") {
    const DataDirectory data;
    for (const char* const text : {"", " \n", "two words", "a\nb", "a\r\nX-Evil: 1", "\x01"}) {
      data.write_token(text);
      const AdminError error = error_of({.server = "h:1", .token_file = data.token_path()});
      CHECK(error.kind == AdminErrorKind::kUnauthorised);
      CHECK(error.message.starts_with(fmt::format("the token file {} ", data.token_path())));
    }
    CHECK(error_of({.server = "h:1", .token = "a b"}).message.starts_with("RLCTL_TOKEN "));
  }
}

}  // namespace
