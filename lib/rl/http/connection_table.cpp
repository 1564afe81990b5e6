#include "rl/http/connection_table.h"

#include <utility>

namespace rl::http {

ConnectionTable::Room ConnectionTable::room_for(const std::string& peer) const {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= bounds_.connections) {
    return Room::kFull;
  }
  const auto known = peers_.find(peer);
  return known != peers_.end() && known->second >= bounds_.per_peer ? Room::kPeerFull : Room::kYes;
}

Connection& ConnectionTable::add(std::unique_ptr<Connection> connection, const std::string& peer) {
  const std::lock_guard lock(mutex_);
  Connection& added = *connection;
  ++peers_[peer];
  entries_[added.socket()] = {std::move(connection), peer};
  return added;
}

void ConnectionTable::remove(const Connection& connection) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(connection.socket());
  const auto peer = peers_.find(entry->second.peer);
  if (--peer->second == 0) {
    peers_.erase(peer);
  }
  // Closed under the lock: once closed, its number can be that of the next connection.
  entries_.erase(entry);
  if (entries_.empty()) {
    emptied_.notify_all();
  }
}

void ConnectionTable::expire(Instant now) {
  const std::lock_guard lock(mutex_);
  for (const auto& [socket, entry] : entries_) {
    if (entry.connection->deadline() <= now) {
      entry.connection->expire();
    }
  }
}

void ConnectionTable::stop_reading() {
  const std::lock_guard lock(mutex_);
  for (const auto& [socket, entry] : entries_) {
    entry.connection->stop_reading();
  }
}

void ConnectionTable::cut() {
  const std::lock_guard lock(mutex_);
  for (const auto& [socket, entry] : entries_) {
    entry.connection->cut();
  }
}

bool ConnectionTable::wait_until_empty(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, patience, [this] { return entries_.empty(); });
}

std::size_t ConnectionTable::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace rl::http
