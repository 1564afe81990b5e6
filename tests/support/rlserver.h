#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rl/base/address.h"
#include "rl/base/process.h"
#include "rl/client/http_connection.h"
#include "tests/support/command.h"
#include "tests/support/paths.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

struct RlServerOptions {
  std::vector<std::string> flags = {};  ///< name and value apart; they take the place of our own
  Environment environment = {};
  std::string tiers = source_dir() + "/tiers.toml";
  std::string data_dir = {};  ///< empty: a directory of its own
  bool dev = true;
};

/// The real rlserver, on free ports of 127.0.0.1 with a data directory of its own. Running and
/// ready from construction on, or the test fails with what it wrote; gone with its owner. Not safe
/// from several threads.
class RlServer {
 public:
  explicit RlServer(const RlServerOptions& options = {});

  const Address& data() const { return data_; }
  const Address& admin() const { return admin_; }
  const std::string& data_dir() const { return data_dir_; }
  const std::string& ready_file() const { return ready_file_; }
  pid_t pid() const { return process_->pid(); }
  std::string token() const;
  std::string out() const;  ///< its stdout so far
  std::string log() const;  ///< its stderr so far

  /// GET of the data listener over a connection of its own; without a key no X-API-Key is sent.
  client::HttpReply get(const std::string& target, const std::string& key = {}) const;

  /// One request to the admin listener, with the right token unless another is given.
  client::HttpReply ask_admin(client::HttpRequest request,
                              const std::optional<std::string>& token = {}) const;

  /// rlctl for this server, which it finds through the data directory.
  Finished rlctl(const std::vector<std::string>& arguments, const std::string& input = {}) const;

  void signal(int number) { process_->signal(number); }

  /// The exit status, or nothing when it does not end in time.
  std::optional<int> wait() { return process_->wait(std::chrono::seconds{30}); }

 private:
  void wait_until_ready();

  TemporaryDirectory directory_;
  std::string data_dir_;
  std::string ready_file_;
  std::optional<ChildProcess> process_;
  Address data_;
  Address admin_;
};

/// One request over a connection of its own. Without a reply the test fails.
client::HttpReply ask(const Address& peer, const client::HttpRequest& request);

/// A header's value; empty when there is none.
std::string header(const client::HttpReply& reply, std::string_view name);

}  // namespace rl::test
