#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "rl/base/clock.h"
#include "rl/http/exchange.h"
#include "rl/http/framing.h"
#include "rl/http/streamed.h"
#include "rl/http/transport.h"

namespace rl::http {

/// How long what may take on a connection. Body and response get their time once and a second more
/// for every `bytes_per_second` that have come through.
struct Patience {
  std::chrono::milliseconds idle{60'000};  ///< until the first byte of the next request
  std::chrono::milliseconds head{5000};    ///< from that byte until the head has come in whole;
                                           ///< and for a handshake
  std::chrono::milliseconds body{10'000};
  std::chrono::milliseconds response{10'000};
  std::chrono::milliseconds linger{1000};  ///< for a peer to close after its last response, or to
                                           ///< go on with a body; that at most ten times as long
  std::size_t bytes_per_second = 1024;
};

class Connection;

/// What has to happen before Connection::work() is called again.
enum class ConnectionWait {
  kReadable,
  kWritable,
  kTurn,    ///< nothing, but it is the turn of others
  kLent,    ///< lend()
  kAnswer,  ///< wait_for_answer()
  kOver,    ///< nothing will: it can be destroyed
};

/// What all connections of a listener share. Outlives them.
struct ConnectionRules {
  FramingLimits limits;
  Patience patience;
  Serve serve;
  const Clock& clock;
  const std::atomic<bool>& stopping;    ///< no request is waited for any more
  StreamedHandler* streamed = nullptr;  ///< nullptr: no request is streamed

  // Take over one that was lent, or that waited for an answer, with what work() would have
  // returned.
  std::function<void(Connection&, ConnectionWait)> take_back = {};
  std::function<void(Connection&, ConnectionWait)> take_answered = {};
};

/// One accepted connection. Nothing here waits for the peer (but a response beyond kMostHeld): a
/// thread calls work() when the socket is ready for what the last call asked for, and is free again
/// when it returns. While a request of it is streamed it is lent to the handler of that; while one
/// is answered later it is nobody's. One thread at a time; deadline() and the calls that end it may
/// come from another. Owns the transport and so the socket.
class Connection final : private ResponseSink, private ClientStream, private Verdict {
 public:
  using Wait = ConnectionWait;

  /// What of a response is held in memory for a slow reader, in bytes, before its thread waits.
  static constexpr std::size_t kMostHeld = std::size_t{1} << 20U;

  Connection(std::unique_ptr<Transport> transport, Ends ends, const ConnectionRules& rules);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override = default;

  /// Reads what has come, answers the requests that are whole, and sends what can be sent.
  Wait work();

  /// Lends it to the handler that admitted its request: it comes back through
  /// ConnectionRules::take_back, maybe before this returns, on another thread.
  void lend();

  /// Leaves it to whoever completes the response, or decides about the request: it comes back
  /// through ConnectionRules::take_answered, maybe before this returns.
  void wait_for_answer();

  int socket() const override { return transport_->socket(); }

  /// A thread lets go of it once epoll has it, as the last it does with it; the one that gets it
  /// from there waits for that, at most a moment. So whatever the one did comes before all that the
  /// other does. epoll sees to most of it, but the language knows nothing of that.
  void let_go() { taken_.store(false, std::memory_order_release); }
  void take_up() {
    while (taken_.exchange(true, std::memory_order_acquire)) {
      std::this_thread::yield();
    }
  }

  /// When it has waited long enough.
  Instant deadline() const;

  /// Wakes it when that time has come; work() sees why.
  void expire() const;

  /// What has come is still answered, nothing more is read; a request that is streamed goes on.
  void stop_reading() const;

  /// Ends it at once, in both directions.
  void cut() const;

 private:
  // The client's side of a request that is streamed.
  const RequestHead& head() const override { return framer_.head(); }
  const Ends& ends() const override { return ends_; }
  Wants body_wants() const override { return body_wants_; }
  Wants send_wants() const override;
  bool stopping() const override;
  Piece read_body(char* into, std::size_t room) override;
  bool body_is_whole() const override { return framer_.state() == Framer::State::kWhole; }
  void leave_body() override;
  const std::optional<Refusal>& refusal() const override { return refusal_; }
  bool begin_response() override;
  void hold(std::string_view bytes) override;
  std::size_t unsent() const override { return held_.size() - sent_; }
  Sent send() override;
  void give_back(End end) override;
  Piece wait_for_body(Moved::State state);
  Piece end_of_body();
  void note_body();
  void set_lent_deadline();

  bool write(std::string_view bytes) override;
  void complete(std::string response) override;
  void admit(std::shared_ptr<Admitted> admitted) override;
  void reject(std::string response) override { complete(std::move(response)); }
  void end_wait();
  void take_or_await_answer();
  void take_answer();
  void take_verdict();
  void hold_completed();
  Wait go_on_after_answer();
  Wait read_on();
  void take(std::string_view bytes);
  void go_on(bool nothing_behind);
  void answer(bool nothing_behind);
  void begin_streamed(bool nothing_behind);
  void drop_body();
  void next_request();
  void refuse(const Refusal& refusal);
  Sent send_held();
  bool send_waiting();
  Wait linger();
  Wait wait_to_read();
  Wait wait_to_write();
  Wait wait_for_handshake(Wait wait);
  std::chrono::milliseconds time_for(std::chrono::milliseconds once, std::size_t bytes) const;
  void set_deadline(Instant deadline, bool writing = false);

  const std::unique_ptr<Transport> transport_;
  const Ends ends_;
  const ConnectionRules& rules_;
  Framer framer_;
  const Instant handshake_until_;
  std::string ahead_;               ///< what has come behind the request that is answered
  std::string held_;                ///< of responses
  std::size_t sent_ = 0;            ///< of held_
  bool wants_read_ = false;         ///< before more of held_ can be sent
  std::size_t sent_before_ = 0;     ///< of what was held before it, since response_
  bool last_ = false;               ///< the last response is held or sent
  bool lingering_ = false;          ///< and the peer was told that nothing follows
  std::size_t lingered_ = 0;        ///< bytes thrown away since
  bool continued_ = false;          ///< 100 was sent for this request
  bool late_ = false;               ///< the deadline had passed when work() began
  bool drained_ = false;            ///< nothing more had come at the last read
  int turn_ = 0;                    ///< requests answered in this call of work()
  std::optional<Instant> request_;  ///< when this request was first waited for
  std::optional<Instant> body_;     ///< and its body
  std::optional<Instant> response_;
  std::string completed_;               ///< a response that came through complete() or reject()
  std::shared_ptr<Admitted> decided_;   ///< what came through admit()
  bool ends_with_it_ = false;           ///< the connection, as that response says
  bool waits_for_answer_ = false;       ///< nothing else is done until that comes
  std::shared_ptr<Admitted> admitted_;  ///< what it is lent for
  bool discarding_ = false;             ///< the rest of a body that nobody wants
  bool responding_ = false;             ///< while it is lent, as the following
  std::optional<Refusal> refusal_;
  Wants body_wants_;
  std::optional<Instant> body_wait_;  ///< since when the body is waited for
  Micros body_waited_{0};             ///< and how long it was before
  Instant read_until_ = Instant::max();
  Instant write_until_ = Instant::max();
  std::atomic<Instant::rep> deadline_;  // relaxed: one that is read late is read again soon
  std::atomic<bool> writing_{false};    // relaxed, as the deadline
  // Not relaxed, as `stopping`: one of the two threads that end lending and reading sees the other.
  std::atomic<bool> keeps_reading_{false};  ///< it is lent, or that is being decided
  enum class Answered : std::uint8_t { kNo, kAwaited, kYes };
  std::atomic<Answered> answered_{Answered::kNo};  // whoever comes second goes on
  std::atomic<bool> taken_{true};                  // release and acquire: orders all of the above
};

}  // namespace rl::http
