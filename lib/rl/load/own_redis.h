#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "rl/base/clock.h"
#include "rl/base/process.h"
#include "rl/base/result.h"
#include "rl/load/own_directory.h"
#include "rl/load/verdict.h"

namespace rl::load {

struct OwnRedisOptions {
  std::string program;                         ///< path of redis-server
  Micros patience = std::chrono::seconds{10};  ///< until it must be there
};

/// The redis-server that a shell would start.
std::string redis_server_on_path();

/// A Redis of our own, which keeps nothing on disk. It listens on a socket in a directory of its
/// own alone, so that no port can be taken and nobody else can reach it. Both go with this object.
/// Not safe from several threads.
class OwnRedis {
 public:
  /// Starts it and waits until it is there. When it ends before, the error shows what it wrote
  /// (kFailure); not there in time is kUnreachable, a stop kInterrupted.
  static Result<OwnRedis, Abort> start(const OwnRedisOptions& options, const Clock& clock,
                                       const std::stop_token& stop);

  /// For --redis-url.
  std::string url() const { return "unix://" + directory_->file("redis.sock"); }

 private:
  OwnRedis(std::shared_ptr<const OwnDirectory> directory, ChildProcess process)
      : directory_(std::move(directory)), process_(std::move(process)) {}

  // The process goes before the directory it writes to.
  std::shared_ptr<const OwnDirectory> directory_;
  ChildProcess process_;
};

}  // namespace rl::load
