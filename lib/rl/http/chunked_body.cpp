#include "rl/http/chunked_body.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace rl::http {

std::size_t ChunkedBody::feed(std::string_view bytes, std::string& body) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done() && !refusal_) {
    const std::string_view rest = bytes.substr(taken);
    if (state_ == State::kData) {
      taken += take_data(rest, body);
      continue;
    }
    taken += take_line(rest);
    if (!refusal_ && line_.ends_with('\n')) {
      end_line();
      line_.clear();
    }
  }
  return taken;
}

std::size_t ChunkedBody::line_limit() const {
  switch (state_) {
    case State::kSize:
      return limits_.max_chunk_line;
    case State::kTrailer:
      return limits_.max_head - trailer_bytes_ + 2;
    default:
      return 2;
  }
}

std::size_t ChunkedBody::take_line(std::string_view bytes) {
  const std::size_t end = std::min(bytes.find('\n'), bytes.size() - 1) + 1;
  const std::size_t room = line_limit() - line_.size();
  line_.append(bytes.substr(0, std::min(end, room)));
  if (end > room) {
    state_ == State::kTrailer ? refuse(431, "the trailers are too long")
                              : refuse(400, "a line between chunks is too long");
  } else if (line_.ends_with('\n') && (line_.size() < 2 || line_[line_.size() - 2] != '\r')) {
    refuse(400, "a line ends with CR LF");
  }
  return std::min(end, room);
}

std::size_t ChunkedBody::take_data(std::string_view bytes, std::string& body) {
  const std::size_t count = std::min(left_, bytes.size());
  body.append(bytes.substr(0, count));
  left_ -= count;
  if (left_ == 0) {
    state_ = State::kDataEnd;
  }
  return count;
}

void ChunkedBody::end_line() {
  line_.resize(line_.size() - 2);
  switch (state_) {
    case State::kSize:
      return read_size();
    case State::kDataEnd:
      if (!line_.empty()) {
        return refuse(400, "a chunk has the size that it is said to have");
      }
      state_ = State::kSize;
      return;
    default:
      return read_trailer();
  }
}

void ChunkedBody::read_size() {
  const char* const end = line_.data() + line_.size();
  std::size_t size = 0;
  const auto [stop, error] = std::from_chars(line_.data(), end, size, 16);
  const std::string_view extension(stop, static_cast<std::size_t>(end - stop));
  const bool plain = std::all_of(extension.begin(), extension.end(),
                                 [](char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
  if (error != std::errc{} || !(extension.empty() || extension.starts_with(';')) || !plain) {
    return refuse(400, "a chunk begins with its size in hexadecimal digits");
  }
  extensions_ += extension.size();
  if (extensions_ > limits_.max_head + total_) {  // more than there is content to extend
    return refuse(400, "the extensions of the chunks are too long");
  }
  if (size > max_body_ - total_) {
    return refuse(413, "a body may have " + std::to_string(max_body_) + " bytes here");
  }
  total_ += size;
  left_ = size;
  state_ = size == 0 ? State::kTrailer : State::kData;
}

void ChunkedBody::read_trailer() {
  if (line_.empty()) {
    state_ = State::kDone;
    return;
  }
  const auto field = parse_field(line_);
  if (!field) {
    return refuse(field.error().status, field.error().detail);
  }
  trailer_bytes_ += line_.size();
  if (++trailers_ > limits_.max_fields) {
    refuse(431, "the trailers are too many");
  }
}

}  // namespace rl::http
