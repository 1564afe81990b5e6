#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "rl/http/chunked_body.h"
#include "rl/http/request_head.h"

namespace rl::http {

/// Whether the body of the request with that head is taken in pieces, and not kept until it is
/// whole.
using IsStreamed = std::function<bool(const RequestHead&)>;

/// Cuts the bytes of a connection into requests and checks each before anybody else sees a byte of
/// it: what is one request here is one request for whoever it is passed on to. The verdict on some
/// bytes does not depend on the pieces in which they come. Used by one thread at a time.
class Framer {
 public:
  enum class State {
    kHead,     ///< the head has not come in whole, maybe not a byte of it
    kBody,     ///< the head is good, the body has not come in whole
    kWhole,    ///< one complete checked request
    kRefused,  ///< the connection cannot be read any further
  };

  /// Without `is_streamed` all bodies are kept.
  explicit Framer(const FramingLimits& limits, IsStreamed is_streamed = nullptr)
      : limits_(limits), is_streamed_(std::move(is_streamed)) {}
  Framer(const Framer&) = delete;  // the request has views into the head
  Framer& operator=(const Framer&) = delete;

  /// Takes what belongs to this request from the front of `bytes` and returns how much that was:
  /// all of it, unless the request became whole or was refused on the way, or its head did and its
  /// body is streamed: what is to become of it can be decided before a byte of the body is taken.
  std::size_t feed(std::string_view bytes);

  State state() const { return state_; }

  /// Whether nothing has come of this request.
  bool untouched() const { return state_ == State::kHead && bytes_.empty(); }

  /// Precondition: kBody or kWhole. Good until forget().
  const RequestHead& head() const { return *head_; }

  /// Whether the body is streamed. Precondition: kBody or kWhole.
  bool streamed() const { return streamed_; }

  /// The body without its chunks, as far as it has come and was not dropped. Every byte of it has
  /// been checked, but a streamed one can still be refused further on.
  const std::string& body() const { return body_; }

  /// Makes room for the next piece of a streamed body.
  void drop_body();

  /// How many bytes of the body have come.
  std::size_t body_so_far() const { return dropped_ + body_.size(); }

  /// Precondition: kRefused.
  const Refusal& refusal() const { return *refusal_; }

  /// Goes on to the next request. Precondition: kWhole.
  void forget();

 private:
  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_body(std::string_view bytes);
  void end_line();
  void end_head();
  Refusal too_long() const;
  std::size_t line_end_limit() const;
  void refuse(Refusal refusal);

  const FramingLimits limits_;
  const IsStreamed is_streamed_;
  State state_ = State::kHead;
  std::string bytes_;           ///< of the head, as far as it has come
  std::size_t line_begin_ = 0;  ///< of the line that has not come in whole
  bool skipped_line_ = false;   ///< an empty one before the request line
  std::optional<RequestHead> head_;
  std::optional<ChunkedBody> chunks_;
  bool streamed_ = false;
  std::string body_;
  std::size_t dropped_ = 0;  ///< bytes of the body that were in body_ before
  std::optional<Refusal> refusal_;
};

}  // namespace rl::http
