#include "rl/http/framing.h"

#include <algorithm>
#include <utility>

namespace rl::http {
namespace {

/// What an idle connection may keep of the memory that its last request took, in bytes.
constexpr std::size_t kKeptText = 1024;

void release(std::string& text) {
  text.clear();
  if (text.capacity() > kKeptText) {
    std::string().swap(text);
  }
}

}  // namespace

std::size_t Framer::feed(std::string_view bytes) {
  std::size_t taken = 0;
  const bool in_head = state_ == State::kHead;
  while (state_ == State::kHead && taken < bytes.size()) {
    taken += feed_head(bytes.substr(taken));
  }
  if (state_ == State::kBody && !(in_head && streamed_)) {
    taken += feed_body(bytes.substr(taken));
  }
  return taken;
}

/// Takes at most one line, so that no byte is taken that stands behind a refused one.
std::size_t Framer::feed_head(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
  const std::size_t room = line_end_limit() - bytes_.size();
  bytes_.append(bytes.substr(0, std::min(end, room)));
  if (end > room) {
    refuse(too_long());
  } else if (bytes_.back() == '\n') {
    end_line();
  }
  return std::min(end, room);
}

/// How far the head may go before the line that is being read has ended.
std::size_t Framer::line_end_limit() const {
  constexpr std::size_t kAroundTarget = 32;  // more than any method, version and line end take
  return line_begin_ == 0 ? std::min(limits_.max_target + kAroundTarget, limits_.max_head)
                          : limits_.max_head;
}

Refusal Framer::too_long() const {
  if (line_begin_ == 0) {  // nothing else in a request line can be long
    return {414, "the request target is too long"};
  }
  return {431, "the head of the request is too long"};
}

void Framer::end_line() {
  const std::size_t length = bytes_.size() - line_begin_;
  if (length < 2 || bytes_[bytes_.size() - 2] != '\r' ||
      bytes_.find('\r', line_begin_) != bytes_.size() - 2) {
    return refuse({400, "a line ends with CR LF"});
  }
  if (length > 2) {
    line_begin_ = bytes_.size();
    return;
  }
  if (line_begin_ > 0) {
    return end_head();
  }
  // Some clients end a body with a line end that they do not count (RFC 9112, section 2.2).
  if (std::exchange(skipped_line_, true)) {
    return refuse({400, "a request begins with its request line"});
  }
  bytes_.clear();
}

void Framer::end_head() {
  auto head = parse_head(bytes_, limits_);
  if (!head) {
    return refuse(head.error());
  }
  head_ = std::move(*head);
  streamed_ = is_streamed_ && is_streamed_(*head_);
  const std::size_t max_body = streamed_ ? limits_.max_streamed_body : limits_.max_body;
  if (head_->content_length > max_body) {
    return refuse({413, "a body may have " + std::to_string(max_body) + " bytes here"});
  }
  if (head_->chunked) {
    chunks_.emplace(limits_, max_body);
  }
  const bool has_body = head_->chunked || head_->content_length > 0;
  state_ = has_body ? State::kBody : State::kWhole;
}

std::size_t Framer::feed_body(std::string_view bytes) {
  if (!chunks_) {
    const std::size_t count = std::min(bytes.size(), head_->content_length - body_so_far());
    body_.append(bytes.substr(0, count));
    if (body_so_far() == head_->content_length) {
      state_ = State::kWhole;
    }
    return count;
  }
  const std::size_t count = chunks_->feed(bytes, body_);
  if (chunks_->refusal()) {
    refuse(*chunks_->refusal());
  } else if (chunks_->done()) {
    state_ = State::kWhole;
  }
  return count;
}

void Framer::drop_body() {
  dropped_ += body_.size();
  body_.clear();
}

void Framer::refuse(Refusal refusal) {
  state_ = State::kRefused;
  refusal_ = std::move(refusal);
}

void Framer::forget() {
  state_ = State::kHead;
  head_.reset();
  chunks_.reset();
  streamed_ = false;
  dropped_ = 0;
  release(bytes_);
  release(body_);
  line_begin_ = 0;
  skipped_line_ = false;
}

}  // namespace rl::http
