#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "rl/http/request_head.h"

namespace rl::http {

/// Puts the chunks of one body together (RFC 9112, section 7.1). Extensions and trailers are
/// checked, bounded and dropped.
class ChunkedBody {
 public:
  /// `max_body`: the most bytes of content.
  ChunkedBody(const FramingLimits& limits, std::size_t max_body)
      : limits_(limits), max_body_(max_body) {}

  /// Takes what belongs to the body from the front of `bytes`, appends its content to `body`, and
  /// returns how much it took. Nothing more is taken when done() or refused.
  std::size_t feed(std::string_view bytes, std::string& body);

  bool done() const { return state_ == State::kDone; }
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone };

  std::size_t take_line(std::string_view bytes);
  std::size_t take_data(std::string_view bytes, std::string& body);
  void end_line();
  void read_size();
  void read_trailer();
  void refuse(int status, std::string detail) { refusal_ = Refusal{status, std::move(detail)}; }
  std::size_t line_limit() const;

  const FramingLimits limits_;
  const std::size_t max_body_;
  State state_ = State::kSize;
  std::string line_;               ///< as far as it has come, its line end included
  std::size_t left_ = 0;           ///< bytes of the chunk still to come
  std::size_t total_ = 0;          ///< bytes of all chunks so far, as they were announced
  std::size_t extensions_ = 0;     ///< bytes of all so far
  std::size_t trailer_bytes_ = 0;  ///< so far
  std::size_t trailers_ = 0;
  std::optional<Refusal> refusal_;
};

}  // namespace rl::http
