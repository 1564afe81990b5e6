#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "rl/base/clock.h"
#include "rl/http/connection.h"

namespace rl::http {

/// All connections of a listener, and how many each peer has. Safe from several threads. Requests
/// take no lock of it: only what opens, closes or looks through connections does.
class ConnectionTable {
 public:
  struct Bounds {
    std::size_t connections = 16384;
    std::size_t per_peer = 16384;  ///< of one IPv4 address or IPv6 network of 64 bits
  };

  enum class Room { kYes, kFull, kPeerFull };

  explicit ConnectionTable(const Bounds& bounds) : bounds_(bounds) {}

  /// Whether one more of that peer may come in.
  Room room_for(const std::string& peer) const;

  /// Takes it over and returns it.
  Connection& add(std::unique_ptr<Connection> connection, const std::string& peer);

  /// Ends and destroys it.
  void remove(const Connection& connection);

  /// Wakes those whose deadline has passed. A look at each, instead of a queue of deadlines that
  /// every request would have to change twice under a lock: 10,000 take about a millisecond.
  void expire(Instant now);

  void stop_reading();
  void cut();

  /// Waits until there are none. Whether that was within `patience`.
  bool wait_until_empty(std::chrono::milliseconds patience);

  std::size_t size() const;

 private:
  struct Entry {
    std::unique_ptr<Connection> connection;
    std::string peer;
  };

  const Bounds bounds_;
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<int, Entry> entries_;              // by socket; guarded by mutex_
  std::unordered_map<std::string, std::size_t> peers_;  // guarded by mutex_
};

}  // namespace rl::http
