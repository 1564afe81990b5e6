#include "rl/http/engine.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "rl/http/refusal_reply.h"

namespace rl::http {
namespace {

constexpr long kTickNanoseconds = 250'000'000;  // how late a deadline may be seen
constexpr int kTicksBetweenWarnings = 40;
constexpr int kAcceptedAtOnce = 256;  // before deadlines are looked at again

Descriptor ticking() {
  Descriptor timer(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
  const itimerspec every{.it_interval = {.tv_sec = 0, .tv_nsec = kTickNanoseconds},
                         .it_value = {.tv_sec = 0, .tv_nsec = kTickNanoseconds}};
  ::timerfd_settime(timer.number(), 0, &every, nullptr);
  return timer;
}

/// Whether accept() failed because of the one connection, not because of us.
bool concerns_one(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM ||
         error == ENETDOWN || error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET ||
         error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

/// Whether there will be room again when others have closed something.
bool lacks_room(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Engine::Engine(const Options& options, Serve serve, const Clock& clock, const Log& log)
    : options_(options),
      clock_(clock),
      log_(log),
      rules_{.limits = options.limits,
             .patience = options.patience,
             .serve = std::move(serve),
             .clock = clock,
             .stopping = stopping_,
             .streamed = options.streamed,
             .take_back = [this](Connection& back, Connection::Wait wait) { settle(back, wait); },
             .take_answered = [this](Connection& back,
                                     Connection::Wait wait) { take_answered(back, wait); }},
      table_(options.bounds),
      seats_(options.threads, options.takers),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      tick_(ticking()) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_workers_.descriptor(), &event);
}

Result<Address> Engine::bind(const Address& wanted) {
  if (!epoll_.is_open() || !wake_acceptor_.is_ready() || !wake_workers_.is_ready() ||
      !tick_.is_open() || !seats_.is_ready()) {
    return fail("cannot listen: there are no free file descriptors");
  }
  auto socket = listen_at(wanted);
  if (!socket) {
    return fail_with(socket.error());
  }
  listening_ = std::move(*socket);
  return Address{wanted.host, static_cast<std::uint16_t>(local_port(listening_.number()))};
}

void Engine::start() {
  for (std::size_t i = 0; i < options_.threads; ++i) {
    workers_.emplace_back([this, i] { work_until_stopped(i); });
  }
  acceptor_ = std::thread([this] { accept_until_stopped(); });
}

void Engine::stop() {
  stopping_.store(true);
  if (acceptor_.joinable()) {
    wake_acceptor_.wake();
    acceptor_.join();
    seats_.open();  // as nobody looks any more
    table_.stop_reading();
    if (!table_.wait_until_empty(options_.drain)) {
      table_.cut();
      static_cast<void>(table_.wait_until_empty(options_.patience.linger));
    }
    if (options_.streamed != nullptr) {
      options_.streamed->stop();
    }
    wake_workers_.wake();
    seats_.close();
    for (std::thread& worker : workers_) {
      worker.join();
    }
    workers_.clear();
    std::unique_lock lock(awaited_mutex_);
    none_awaited_.wait(lock, [this] { return awaited_ == 0; });
  }
  listening_.close();
}

EngineStats Engine::stats() const {
  return {.open = table_.size(),
          .accepted = accepted_.load(std::memory_order_relaxed),
          .refused_full = refused_full_.load(std::memory_order_relaxed),
          .refused_peer = refused_peer_.load(std::memory_order_relaxed),
          .accept_errors = accept_errors_.load(std::memory_order_relaxed)};
}

void Engine::accept_until_stopped() {
  Accepting accepting = Accepting::kGoesOn;
  while (accepting != Accepting::kOver) {
    // Without room the queue is left alone until the next tick: it would be ready all the time.
    const int listening = accepting == Accepting::kGoesOn ? listening_.number() : -1;
    std::array<pollfd, 4> waiting = {{{wake_acceptor_.descriptor(), POLLIN, 0},
                                      {tick_.number(), POLLIN, 0},
                                      {listening, POLLIN, 0},
                                      {seats_.timer(), POLLIN, 0}}};
    ::poll(waiting.data(), waiting.size(), -1);
    if (stopping_.load(std::memory_order_relaxed)) {
      static_cast<void>(accept_all());  // whose requests may have come in whole
      return;
    }
    std::uint64_t ticks = 0;
    if (::read(tick_.number(), &ticks, sizeof ticks) > 0) {
      table_.expire(clock_.now());
      tell_refused();
      accepting = Accepting::kGoesOn;
    }
    if (waiting[3].revents != 0) {
      seats_.look();
    }
    if (waiting[2].revents != 0) {
      accepting = accept_all();
    }
  }
  log_.error("a listener stopped by itself", {{"listener", options_.name}});
  if (options_.on_failure) {
    options_.on_failure();
  }
}

Engine::Accepting Engine::accept_all() {
  for (int i = 0; i < kAcceptedAtOnce; ++i) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    const int socket = ::accept4(listening_.number(), reinterpret_cast<sockaddr*>(&peer), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      accept_one(socket, peer);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (!concerns_one(errno)) {
      accept_errors_.fetch_add(1, std::memory_order_relaxed);
      return lacks_room(errno) ? Accepting::kPaused : Accepting::kOver;
    }
  }
  return Accepting::kGoesOn;
}

void Engine::accept_one(int socket, const sockaddr_storage& peer) {
  const int yes = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const std::string key = peer_key(peer);
  const auto room = table_.room_for(key);
  if (room == ConnectionTable::Room::kYes) {
    return take_in(Descriptor(socket), peer, key);
  }
  const bool full = room == ConnectionTable::Room::kFull;
  (full ? refused_full_ : refused_peer_).fetch_add(1, std::memory_order_relaxed);
  const std::string reply =
      refusal_reply({503, full ? "this server has no room for another connection"
                               : "this server has no room for another connection of yours"},
                    clock_.wall_now());
  if (options_.tls == nullptr) {  // a handshake for a refusal would be work for who asks too much
    static_cast<void>(::send(socket, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }
  ::close(socket);
}

void Engine::take_in(Descriptor socket, const sockaddr_storage& peer, const std::string& key) {
  Ends ends = ends_of(socket.number(), peer);
  ends.tls = options_.tls != nullptr;
  auto transport =
      ends.tls ? options_.tls->accept(std::move(socket)) : plain_transport(std::move(socket));
  if (transport == nullptr) {
    accept_errors_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  accepted_.fetch_add(1, std::memory_order_relaxed);
  arm(table_.add(std::make_unique<Connection>(std::move(transport), std::move(ends), rules_), key),
      Connection::Wait::kReadable, true);
}

/// One line of the log now and then, however many are refused.
void Engine::tell_refused() {
  const EngineStats now = stats();
  const std::uint64_t refused = now.refused_full + now.refused_peer + now.accept_errors;
  if (++ticks_since_told_ < kTicksBetweenWarnings && told_refused_ != 0) {
    return;
  }
  if (refused != std::exchange(told_refused_, refused)) {
    ticks_since_told_ = 0;
    log_.warn("connections are refused", {{"listener", options_.name},
                                          {"open", now.open},
                                          {"refused", now.refused_full},
                                          {"refused_by_peer", now.refused_peer},
                                          {"failed", now.accept_errors}});
  }
}

void Engine::work_until_stopped(std::size_t worker) {
  bool seated = false;
  for (;;) {
    if (!seated && !seats_.sit(worker)) {
      return;
    }
    seated = true;
    epoll_event event{};
    const int ready = ::epoll_wait(epoll_.number(), &event, 1, -1);
    if (ready <= 0) {  // interrupted
      continue;
    }
    if (event.data.ptr == nullptr) {
      return;
    }
    seats_.begin_turn(worker);
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    connection.take_up();
    settle(connection, connection.work());
    seated = seats_.end_turn(worker);
  }
}

void Engine::settle(Connection& connection, Connection::Wait wait) {
  switch (wait) {
    case Connection::Wait::kOver:
      return table_.remove(connection);
    case Connection::Wait::kLent:
      return connection.lend();
    case Connection::Wait::kAnswer:
      return await_answer(connection);
    default:
      return arm(connection, wait, false);
  }
}

void Engine::await_answer(Connection& connection) {
  {
    const std::lock_guard lock(awaited_mutex_);
    ++awaited_;
  }
  connection.wait_for_answer();
}

void Engine::take_answered(Connection& connection, Connection::Wait wait) {
  settle(connection, wait);
  const std::lock_guard lock(awaited_mutex_);
  if (--awaited_ == 0) {
    none_awaited_.notify_all();  // under the lock, as stop() may be followed by the end of all this
  }
}

/// After it another thread may have the connection, or may have destroyed it.
void Engine::arm(Connection& connection, Connection::Wait wait, bool is_new) {
  epoll_event event{.events = EPOLLONESHOT, .data = {.ptr = &connection}};
  event.events |= wait == Connection::Wait::kReadable ? EPOLLIN : EPOLLOUT;
  const int change = is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(epoll_.number(), change, connection.socket(), &event) != 0) {
    return table_.remove(connection);  // without memory for it nobody would ever look at it again
  }
  connection.let_go();
}

}  // namespace rl::http
