#include "rl/http/gateway/curl_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <utility>

namespace rl::http {
namespace {

constexpr std::chrono::milliseconds kTick{100};  // how late a deadline may be seen
constexpr std::size_t kEventsAtOnce = 64;
constexpr long kIdleConnections = 256;  // to all upstreams
constexpr std::size_t kIdleCalls = 256;

// What an event of epoll is about: a socket of libcurl, shifted and marked; else an entry, whose
// address is even; else the wakener.
constexpr std::uint64_t kWake = 0;
std::uint64_t tag_of(curl_socket_t socket) {
  return (static_cast<std::uint64_t>(socket) << 1U) | 1U;
}

int curl_events(std::uint32_t events) {
  return ((events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0) |
         ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
         ((events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0);
}

}  // namespace

CurlLoop::CurlLoop(GatewayShared& shared, const Clock& clock)
    : shared_(shared),
      clock_(clock),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      multi_(curl_multi_init()),
      ticked_(clock.now()) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = kWake}};
  ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.descriptor(), &event);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, set_timer);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
  thread_ = std::thread([this] { run(); });
}

CurlLoop::~CurlLoop() {
  stop();
}

void CurlLoop::take(std::shared_ptr<AdmittedProxy> admitted, ClientStream& client) {
  std::unique_lock lock(mutex_);
  if (stopping_) {
    lock.unlock();
    return ProxiedRequest(std::move(admitted), client, shared_).give_back();
  }
  const bool is_first = new_.empty();
  new_.push_back({std::move(admitted), &client});
  lock.unlock();
  if (is_first) {  // else it was woken and has not looked yet
    wake_.wake();
  }
}

void CurlLoop::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.wake();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void CurlLoop::run() {
  for (;;) {
    std::array<epoll_event, kEventsAtOnce> events{};
    const int count = ::epoll_wait(epoll_.number(), events.data(), kEventsAtOnce, patience());
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      dispatch(event.data.u64, event.events);
    }
    run_timers();
    settle_touched();
    ended_.clear();
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      break;
    }
  }
  take_new();
  while (!entries_.empty()) {
    end(*entries_.begin()->first);
  }
}

/// How long to wait for events, in milliseconds; -1: until there is one.
int CurlLoop::patience() const {
  std::optional<Instant> due = curl_due_;
  if (!entries_.empty()) {
    due = std::min(due.value_or(ticked_ + kTick), ticked_ + kTick);
  }
  if (!due) {
    return -1;
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - clock_.now());
  return static_cast<int>(std::max(left, std::chrono::milliseconds{0}).count());
}

void CurlLoop::dispatch(std::uint64_t tag, std::uint32_t events) {
  if (tag == kWake) {
    wake_.rest();
    return take_new();
  }
  if ((tag & 1U) != 0) {
    return run_curl(static_cast<curl_socket_t>(tag >> 1U), curl_events(events));
  }
  // What epoll keeps is a number.
  Entry& entry = *reinterpret_cast<Entry*>(tag);  // NOLINT(performance-no-int-to-ptr)
  if (!entry.request.over()) {
    entry.request.on_client(events);
    touch(entry);
  }
}

void CurlLoop::take_new() {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(new_);
  }
  for (Lent& lent : taken_) {
    auto owned = std::make_unique<Entry>(std::move(lent), shared_);
    Entry& entry = *owned;
    entry.request.on_change([this, &entry] { touch(entry); });
    entries_[&entry] = std::move(owned);
    call(entry);
  }
  taken_.clear();
}

void CurlLoop::call(Entry& entry) {
  if (!entry.call) {
    if (idle_calls_.empty()) {
      idle_calls_.push_back(
          std::make_unique<CurlCall>(CurlCall::Options{shared_.patience.connect, shared_.ca_file}));
    }
    entry.call = std::move(idle_calls_.back());
    idle_calls_.pop_back();
  }
  ProxiedRequest& request = entry.request;
  const UpstreamUrl& upstream = request.next_upstream();
  entry.call->set_up(request.request(), upstream, request, &entry);
  entry.in_multi = true;
  curl_multi_add_handle(multi_.get(), entry.call->handle());
  run_curl(CURL_SOCKET_TIMEOUT, 0);  // which begins it
  touch(entry);
}

void CurlLoop::run_curl(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_.get(), socket, events, &running);
  collect_ends();
}

void CurlLoop::collect_ends() {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
    const CURLcode code = message->data.result;
    Entry* entry = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &entry);
    end_call(*entry);
    touch(*entry);
    const std::string why = entry->call->why(code);
    if (code != CURLE_OK || !entry->request.sent_once()) {
      entry->call.reset();  // libcurl remembers retries, and what it could not send again
    }
    if (entry->request.end_call(CurlCall::end_of(code), why)) {
      call(*entry);
    }
  }
}

void CurlLoop::end_call(Entry& entry) {
  if (std::exchange(entry.in_multi, false)) {
    curl_multi_remove_handle(multi_.get(), entry.call->handle());
  }
}

void CurlLoop::run_timers() {
  const Instant now = clock_.now();
  if (curl_due_ && *curl_due_ <= now) {
    curl_due_.reset();
    run_curl(CURL_SOCKET_TIMEOUT, 0);
  }
  if (now - ticked_ >= kTick) {
    ticked_ = now;
    for (const auto& [entry, owned] : entries_) {
      entry->request.on_tick(now);
      if (!std::exchange(entry->is_aged, true) || entry->request.over()) {
        touch(*entry);
      }
    }
  }
}

void CurlLoop::touch(Entry& entry) {
  if (!std::exchange(entry.is_touched, true)) {
    touched_.push_back(&entry);
  }
}

void CurlLoop::settle_touched() {
  while (!touched_.empty()) {
    Entry& entry = *touched_.back();
    touched_.pop_back();
    entry.is_touched = false;
    settle(entry);
  }
}

void CurlLoop::settle(Entry& entry) {
  ProxiedRequest& request = entry.request;
  while (!request.over() && request.settle() && entry.in_multi) {
    entry.call->resume(request.still_paused());  // may give a piece
  }
  if (request.over()) {
    request.conclude();
    static_cast<void>(request.settle());
    return end(entry);
  }
  watch_client(entry);
}

/// Tells epoll which events of the client's socket are waited for, when that has changed. Of a
/// client that only could go away it is told at the next tick: most have their response by then.
void CurlLoop::watch_client(Entry& entry) {
  const std::uint32_t wanted = entry.request.interest() | EPOLLERR;  // which is always told
  const bool can_wait = entry.interest == 0 && (wanted & (EPOLLIN | EPOLLOUT)) == 0;
  if (wanted == entry.interest || (can_wait && !entry.is_aged)) {
    return;
  }
  epoll_event event{.events = wanted, .data = {.u64 = reinterpret_cast<std::uintptr_t>(&entry)}};
  ::epoll_ctl(epoll_.number(), entry.interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD,
              entry.request.client().socket(), &event);
  entry.interest = wanted;
}

void CurlLoop::end(Entry& entry) {
  if (entry.in_multi) {
    end_call(entry);
  } else if (entry.call && idle_calls_.size() < kIdleCalls) {
    idle_calls_.push_back(std::move(entry.call));
  }
  if (entry.interest != 0) {
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, entry.request.client().socket(), nullptr);
  }
  entry.request.give_back();
  const auto owned = entries_.find(&entry);
  ended_.push_back(std::move(owned->second));
  entries_.erase(owned);
}

int CurlLoop::watch_socket(CURL* /*easy*/, curl_socket_t socket, int what, void* self,
                           void* known) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (what == CURL_POLL_REMOVE) {
    ::epoll_ctl(loop.epoll_.number(), EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{.events = 0, .data = {.u64 = tag_of(socket)}};
  event.events |= (what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U;
  event.events |= (what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U;
  ::epoll_ctl(loop.epoll_.number(), known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket,
              &event);
  curl_multi_assign(loop.multi_.get(), socket, self);  // from now on it is known
  return 0;
}

int CurlLoop::set_timer(CURLM* /*multi*/, long after_ms, void* self) {
  auto& loop = *static_cast<CurlLoop*>(self);
  loop.curl_due_ = after_ms < 0
                       ? std::nullopt
                       : std::optional(loop.clock_.now() + std::chrono::milliseconds{after_ms});
  return 0;
}

}  // namespace rl::http
