#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "rl/http/socket.h"

namespace rl::http {

/// Which threads of an engine look for ready connections: those that have a seat. With no more
/// seats than processors, a thread that has answered takes the next connection itself, and none is
/// woken for it. One that is held up loses its seat to another: somebody has to look() whenever
/// timer() can be read. Safe from several threads, of which each worker uses its own number alone.
class Seats {
 public:
  /// `seats` of 0: as many as there are workers.
  Seats(std::size_t workers, std::size_t seats);

  /// Waits for a seat. False: there are none any more.
  bool sit(std::size_t worker);

  /// Around what a worker with a seat does with a connection. After end_turn() it has its seat no
  /// more when that is false.
  void begin_turn(std::size_t worker);
  bool end_turn(std::size_t worker);

  /// Whether there was a file descriptor for it.
  bool is_ready() const { return all_ || timer_.is_open(); }

  /// Can be read when it is time to look; -1 when that is never so.
  int timer() const { return all_ ? -1 : timer_.number(); }

  /// Gives the seats of those who have been at the same turn since the last look to others. One
  /// thread at a time.
  void look();

  /// Gives everybody a seat, for good.
  void open();

  /// Sends everybody away who waits for one.
  void close();

 private:
  struct alignas(64) Worker {  // a cache line each, as every request writes to it
    // Sequentially consistent, as watched_: who begins a turn unwatched is seen by who looks.
    std::atomic<std::uint64_t> turn{0};  ///< odd while it is at one
    std::atomic<bool> replaced{false};   ///< relaxed: seen one turn late it does no harm
    std::uint64_t seen = 0;              ///< of who looks
  };

  void replace(Worker& worker);
  bool anybody_at_a_turn() const;
  void watch();

  const bool all_;
  const Descriptor timer_;
  std::vector<Worker> workers_;
  std::atomic<bool> watched_{false};  ///< whether the timer runs
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t free_;  // guarded by mutex_, as the next
  bool closed_ = false;
};

}  // namespace rl::http
