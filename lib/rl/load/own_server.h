#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "rl/base/address.h"
#include "rl/base/clock.h"
#include "rl/base/process.h"
#include "rl/base/result.h"
#include "rl/load/own_directory.h"
#include "rl/load/verdict.h"

namespace rl::load {

struct OwnServerOptions {
  std::string program;  ///< path of rlserver
  std::string tiers_path;
  std::string redis_url = {};                  ///< of its counters; empty: in memory
  Micros patience = std::chrono::seconds{10};  ///< until it must be ready
};

/// The rlserver binary in the directory of the running program.
std::string rlserver_beside_us();

/// A server of our own, in development mode, on free ports of 127.0.0.1, with a directory of its
/// own under the system's temporary one. Both go with this object. Not safe from several threads.
class OwnServer {
 public:
  /// Starts it and waits until it is ready. When it ends before, the error shows what it wrote to
  /// its stderr (kFailure); not ready in time is kUnreachable, a stop kInterrupted.
  static Result<OwnServer, Abort> start(const OwnServerOptions& options, const Clock& clock,
                                        const std::stop_token& stop);

  const Address& data() const { return listeners_.data; }
  const Address& admin() const { return listeners_.admin; }
  const std::string& token_path() const { return listeners_.token_path; }

 private:
  struct Listeners {
    Address data;
    Address admin;
    std::string token_path;
  };

  OwnServer(std::shared_ptr<const OwnDirectory> directory, ChildProcess process,
            Listeners listeners);
  static Result<Listeners> read_ready_file(const std::string& path);

  // The process goes before the directory it writes to.
  std::shared_ptr<const OwnDirectory> directory_;
  ChildProcess process_;
  Listeners listeners_;
};

}  // namespace rl::load
