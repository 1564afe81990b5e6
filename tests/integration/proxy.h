#pragma once

#include <doctest/doctest.h>
#include <httplib.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "rl/base/file.h"
#include "rl/base/process.h"
#include "tests/support/free_port.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

/// The application behind a proxy: answers every request with 200 and remembers the last one.
class Application {
 public:
  Application() {
    const auto remember = [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      ++requests_;
      last_ = request;
      response.set_content("application\n", "text/plain");
    };
    server_.Get(".*", remember);
    server_.Post(".*", remember);
    port_ = static_cast<std::uint16_t>(server_.bind_to_any_port("127.0.0.1"));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    REQUIRE(listens(address()));
  }
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  ~Application() {
    server_.stop();
    thread_.join();
  }

  Address address() const { return {"127.0.0.1", port_}; }
  int requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  httplib::Request last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  httplib::Server server_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  int requests_ = 0;       // guarded by mutex_
  httplib::Request last_;  // guarded by mutex_
  std::thread thread_;
};

/// A change of a sample configuration: from `begin` to the next `end`, both included, to `text`.
struct Edit {
  std::string begin;
  std::string end;
  std::string text;
};

/// A proxy that the documentation has a sample configuration for.
struct ProxyKind {
  std::vector<std::string> files;    ///< in docs/proxies
  std::vector<std::string> command;  ///< "DIR" stands for the directory with the files
  Edit closed;                       ///< refuses everybody while the limiter is down
};

/// The real proxy with its sample configuration, on free ports. Running and listening from
/// construction on; gone with its owner.
class Proxy {
 public:
  Proxy(const ProxyKind& kind, const Address& limiter, const Address& application,
        const std::optional<Edit>& edit = {})
      : address_{"127.0.0.1", free_port()} {
    bool edited = !edit.has_value();
    for (const std::string& name : kind.files) {
      std::string text = read_file(source_dir() + "/docs/proxies/" + name).value_or("");
      REQUIRE_FALSE(text.empty());
      replace_all(text, "127.0.0.1:8080", limiter.to_string());
      replace_all(text, "127.0.0.1:9000", application.to_string());
      replace_all(text, "127.0.0.1:8000", address_.to_string());
      const std::size_t begin = edit ? text.find(edit->begin) : std::string::npos;
      if (begin != std::string::npos) {
        const std::size_t end = text.find(edit->end, begin);
        REQUIRE(end != std::string::npos);
        text.replace(begin, end + edit->end.size() - begin, edit->text);
        edited = true;
      }
      REQUIRE(write_file(directory_.path() + "/" + name, text, FileMode::kPublic).has_value());
    }
    REQUIRE(edited);
    std::vector<std::string> argv = kind.command;
    for (std::string& word : argv) {
      replace_all(word, "DIR", directory_.path());
    }
    auto started = ChildProcess::start({.argv = argv,
                                        .environment = {{"HOME", directory_.path()}},
                                        .stdout_path = directory_.path() + "/out",
                                        .stderr_path = directory_.path() + "/err"});
    REQUIRE(started.has_value());
    process_.emplace(std::move(*started));
    REQUIRE_MESSAGE(listens(address_), log());
  }

  const Address& address() const { return address_; }
  std::string log() const {
    return read_file(directory_.path() + "/out").value_or("") +
           read_file(directory_.path() + "/err").value_or("");
  }

 private:
  static void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = text.find(from); at != std::string::npos;
         at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  }

  Address address_;
  TemporaryDirectory directory_;
  std::optional<ChildProcess> process_;
};

}  // namespace rl::test
