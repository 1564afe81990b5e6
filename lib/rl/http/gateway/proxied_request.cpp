#include "rl/http/gateway/proxied_request.h"

#include <fmt/core.h>
#include <sys/epoll.h>

#include <algorithm>
#include <utility>

#include "rl/http/reply.h"

namespace rl::http {
namespace {

constexpr std::size_t kMostTried = 3;       // upstreams for one request
constexpr std::size_t kSendAtOnce = 65536;  // bytes, before the end of a turn
constexpr int kClientGone = 499;            // as nginx records it

struct Failure {
  int status;
  const char* detail;
};

std::uint32_t events_of(const ClientStream::Wants& wants) {
  return (wants.to_read ? EPOLLIN : 0U) | (wants.to_write ? EPOLLOUT : 0U);
}

Failure failure_of(UpstreamError error) {
  switch (error) {
    case UpstreamError::kConnect:
      return {502, "the upstream cannot be connected to"};
    case UpstreamError::kConnectTimeout:
      return {504, "the upstream cannot be connected to in time"};
    case UpstreamError::kTls:
      return {502, "no TLS connection to the upstream can be made"};
    case UpstreamError::kCertificate:
      return {502,
              "the upstream is not trusted: its certificate is of an unknown authority, not valid "
              "now, or for another host"};
    case UpstreamError::kFirstByteTimeout:
      return {504, "the upstream did not begin to answer in time"};
    case UpstreamError::kTotalTimeout:
      return {504, "the upstream did not answer in time"};
    case UpstreamError::kFraming:
      return {502, "the upstream answered with what is no proper response"};
    default:
      return {502, "the upstream ended the connection before it answered"};
  }
}

}  // namespace

GatewaySlot GatewaySlot::take(std::atomic<std::size_t>& in_flight, std::size_t most) {
  if (in_flight.fetch_add(1, std::memory_order_relaxed) >= most) {
    in_flight.fetch_sub(1, std::memory_order_relaxed);
    return {};
  }
  return GatewaySlot(in_flight);
}

void GatewaySlot::give_up() {
  if (in_flight_ != nullptr) {
    std::exchange(in_flight_, nullptr)->fetch_sub(1, std::memory_order_relaxed);
  }
}

ProxiedRequest::ProxiedRequest(std::shared_ptr<AdmittedProxy> admitted, ClientStream& client,
                               GatewayShared& shared)
    : admitted_(std::move(admitted)),
      client_(client),
      shared_(shared),
      request_(make_upstream_request(client.head(), client.ends(),
                                     {.trusted = shared.trusted,
                                      .user_id = admitted_->user_id,
                                      .tier = admitted_->tier,
                                      .random = shared.random,
                                      .pass_api_key = shared.pass_api_key})),
      response_(request_.method) {}

const UpstreamUrl& ProxiedRequest::next_upstream() {
  const auto index = shared_.upstreams.pick(tried_);
  tried_.push_back(index.value_or(0));
  return shared_.upstreams.at(tried_.back());
}

bool ProxiedRequest::may_send() {
  connected_ = shared_.clock.now();
  if (++sends_ == 1) {
    shared_.upstreams.note_connected(tried_.back());
    return true;
  }
  // libcurl would send it again whatever it is: the upstream may have acted on it already.
  const bool retry = sends_ == 2 && is_idempotent(request_.method) && !body_begun_ && !responding_;
  if (retry) {
    shared_.metrics.count_retry();
  }
  return retry;
}

bool ProxiedRequest::head_line(std::string_view line) {
  if (over_) {
    return false;
  }
  if (responding_) {
    return true;  // no line of the head
  }
  switch (response_.feed(line)) {
    case UpstreamResponse::State::kHead:
      return true;
    case UpstreamResponse::State::kWhole:
      begin_response();
      return true;
    default:
      fail(UpstreamError::kFraming);
      return false;
  }
}

void ProxiedRequest::begin_response() {
  changed_();
  shared_.metrics.head_time().observe(shared_.clock.now() - admitted_->begin);
  const bool is_http_1_0 = client_.head().is_http_1_0;
  responding_ = true;
  status_ = response_.status();
  if (response_.chunked() && !response_.has_no_body()) {
    chunks_.emplace(FramingLimits{}, SIZE_MAX);
  }
  chunked_ = response_.goes_in_chunks(is_http_1_0);
  last_ = client_.begin_response() || response_.ends_with_connection(is_http_1_0);
  client_.hold(
      response_.pass_on({.limits = admitted_->limits, .is_http_1_0 = is_http_1_0, .last = last_}));
}

CallEvents::Taken ProxiedRequest::body(std::string_view bytes) {
  if (over_) {
    return Taken::kNever;
  }
  changed_();
  if (!responding_) {
    fail(UpstreamError::kFraming);
    return Taken::kNever;
  }
  if (client_.unsent() >= kMostUnsent) {
    receiving_paused_ = true;
    return Taken::kLater;
  }
  if (!chunks_) {
    pass_on(bytes);
  } else if (!take_chunks(bytes)) {
    return Taken::kNever;
  }
  if (client_.unsent() >= kSendAtOnce && client_.send() == ClientStream::Sent::kFailed) {
    client_has_gone();
    return Taken::kNever;
  }
  return Taken::kAll;
}

/// False: nothing more is wanted.
bool ProxiedRequest::take_chunks(std::string_view bytes) {
  const bool was_done = chunks_->done();
  content_.clear();
  const std::size_t taken = chunks_->feed(bytes, content_);
  if (!content_.empty()) {
    pass_on(content_);
  }
  if (chunked_ && chunks_->done() && !was_done) {
    client_.hold("0\r\n\r\n");
  }
  if (chunks_->refusal()) {
    fail(UpstreamError::kFraming);
  } else if (taken < bytes.size()) {
    finish();  // what is behind the last chunk belongs to no request: the call ends with it
  }
  return !over_;
}

void ProxiedRequest::pass_on(std::string_view content) {
  if (chunked_) {
    client_.hold(fmt::format("{:x}\r\n", content.size()));
  }
  client_.hold(content);
  passed_ += content.size();
  if (chunked_) {
    client_.hold("\r\n");
  }
}

ClientStream::Piece ProxiedRequest::next_body(char* into, std::size_t room) {
  if (over_) {
    return {ClientStream::Come::kBroken};
  }
  changed_();
  left_body_ = false;
  const ClientStream::Piece piece = client_.read_body(into, room);
  body_begun_ = body_begun_ || piece.come == ClientStream::Come::kSome;
  sending_paused_ = piece.come == ClientStream::Come::kNothing;
  connected_ = shared_.clock.now();
  if (piece.come == ClientStream::Come::kBroken) {
    if (const auto& refusal = client_.refusal(); refusal && !responding_) {
      answer(refusal->status, refusal->detail);
    } else {
      client_has_gone();
    }
  }
  return piece;
}

bool ProxiedRequest::end_call(CallEnd end, const std::string& why) {
  if (over_) {
    return false;
  }
  switch (end) {
    case CallEnd::kDone:
      if (!responding_ || (chunks_ && !chunks_->done())) {
        fail(UpstreamError::kFraming);  // a head without its end, or a body
        return false;
      }
      if (chunked_ && !chunks_) {
        client_.hold("0\r\n\r\n");
      }
      finish();
      return false;
    case CallEnd::kNotConnected:
      return try_another(UpstreamError::kConnect, why);
    case CallEnd::kConnectTimeout:
      return try_another(UpstreamError::kConnectTimeout, why);
    case CallEnd::kNoTls:
      return try_another(UpstreamError::kTls, why);
    case CallEnd::kNotTrusted:
      return try_another(UpstreamError::kCertificate, why);
    case CallEnd::kBadResponse:
      fail(UpstreamError::kFraming);
      return false;
    default:
      if (has_all_of_response()) {  // and did not want the rest of the request
        stop(ClientStream::End::kLast);
        return false;
      }
      fail(responding_ ? UpstreamError::kCut : UpstreamError::kClosed);
      return false;
  }
}

bool ProxiedRequest::has_all_of_response() const {
  return responding_ && (response_.has_no_body() || (chunks_ && chunks_->done()) ||
                         passed_ == response_.content_length());
}

bool ProxiedRequest::try_another(UpstreamError error, const std::string& why) {
  if (sends_ > 0) {  // a retry that found nobody
    fail(UpstreamError::kClosed);
    return false;
  }
  shared_.upstreams.note_failure(tried_.back(), why);
  if (tried_.size() < std::min(kMostTried, shared_.upstreams.size())) {
    return true;
  }
  fail(error);
  return false;
}

void ProxiedRequest::fail(UpstreamError error) {
  error_ = error;
  shared_.metrics.count(error);
  if (!responding_) {
    shared_.metrics.head_time().observe(shared_.clock.now() - admitted_->begin);
    const Failure failure = failure_of(error);
    return answer(failure.status, failure.detail);
  }
  stop(ClientStream::End::kCut);
}

void ProxiedRequest::answer(int status, std::string detail) {
  Reply reply;
  reply.fields = admitted_->limits;
  http::answer(reply, {.status = status, .title = {}, .detail = std::move(detail)});
  responding_ = true;
  status_ = status;
  last_ = client_.begin_response();
  client_.hold(reply_text(
      reply,
      {.at = shared_.clock.wall_now(), .head_only = request_.method == "HEAD", .last = last_}));
  finish();
}

void ProxiedRequest::on_client(std::uint32_t events) {
  const std::uint32_t wanted = interest();
  if ((events & (EPOLLERR | EPOLLHUP)) != 0 || (events & wanted & EPOLLRDHUP) != 0) {
    return client_has_gone();
  }
  if ((events & (EPOLLIN | EPOLLOUT)) != 0 && sending_paused_) {
    sending_paused_ = false;
    resume_ = true;
  }
}

void ProxiedRequest::client_has_gone() {
  status_ = kClientGone;
  stop(ClientStream::End::kCut);
}

void ProxiedRequest::on_tick(Instant now) {
  const UpstreamPatience& patience = shared_.patience;
  if (over_) {
    return;
  }
  if (now - admitted_->begin > patience.total) {
    fail(UpstreamError::kTotalTimeout);
  } else if (!responding_ && !sending_paused_ && connected_ &&
             now - *connected_ > patience.first_byte) {
    fail(UpstreamError::kFirstByteTimeout);
  } else if (responding_ && !client_.body_is_whole()) {
    see_whether_body_is_wanted();
  }
}

/// With a response libcurl may want no more of the body, and yet waits for the piece that is still
/// to come: it tells when it is to go on without.
void ProxiedRequest::see_whether_body_is_wanted() {
  if (std::exchange(sending_paused_, false)) {
    resume_ = true;
    changed_();
  } else {
    left_body_ = true;
    client_.leave_body();
  }
}

bool ProxiedRequest::settle() {
  if (client_.unsent() > 0) {
    const ClientStream::Sent sent = client_.send();
    if (sent == ClientStream::Sent::kFailed && !over_) {
      client_has_gone();
    }
    if (sent == ClientStream::Sent::kAll && receiving_paused_) {
      receiving_paused_ = false;
      resume_ = true;
    }
  }
  return std::exchange(resume_, false) && !over_;
}

std::uint32_t ProxiedRequest::interest() const {
  std::uint32_t events = events_of(client_.send_wants());
  if (sending_paused_) {
    events |= events_of(client_.body_wants());
  }
  // While its body is read the end of a client is seen by that. While the listener stops it may
  // have been made by ourselves.
  if ((client_.body_is_whole() || left_body_) && !client_.stopping()) {
    events |= EPOLLRDHUP;
  }
  return events;
}

void ProxiedRequest::conclude() {
  if (admitted_->slot.is_taken()) {
    record();
    admitted_->slot.give_up();
  }
}

void ProxiedRequest::give_back() {
  conclude();
  client_.give_back(over_ ? end_ : ClientStream::End::kCut);
}

void ProxiedRequest::record() {
  const Micros took = shared_.clock.now() - admitted_->begin;
  const int status = status_ == 0 ? kClientGone : status_;
  shared_.route.record(request_.method, status, took);
  if (shared_.log_requests) {
    shared_.log.debug(
        "proxied",
        {{"method", request_.method},
         {"path", request_.path.substr(0, request_.path.find('?'))},
         {"status", status},
         {"upstream", tried_.empty() ? "" : shared_.upstreams.at(tried_.back()).origin},
         {"traceparent", request_.trace},
         {"took_us", took.count()},
         {"error", error_ ? UpstreamMetrics::kErrors[static_cast<std::size_t>(*error_)] : ""}});
  }
}

}  // namespace rl::http
