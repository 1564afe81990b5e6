#include "rl/http/gateway/upstream_response.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "rl/http/gateway/merged_limits.h"
#include "rl/http/gateway/upstream_request.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

constexpr std::size_t kMostBytes = 65536;
constexpr std::size_t kMostFields = 200;
constexpr int kFirstFinal = 200;
constexpr std::size_t kUsualBytes = 1024;  // enough for most heads, as the next
constexpr std::size_t kUsualFields = 24;   // with ours

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  });
}

}  // namespace

UpstreamResponse::UpstreamResponse(std::string_view method) : is_head_(method == "HEAD") {
  fields_.reserve(kUsualFields);
}

UpstreamResponse::State UpstreamResponse::feed(std::string_view line) {
  if (state_ != State::kHead) {
    return state_;
  }
  bytes_ += line.size();
  if (bytes_ > kMostBytes || fields_.size() > kMostFields || !line.ends_with('\n')) {
    return refuse();
  }
  line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);  // a bare LF as well: it has one meaning here
  if (status_ == 0) {
    return begin(line) ? state_ : refuse();
  }
  if (line.empty()) {
    return end_head();
  }
  return add_field(line) ? state_ : refuse();
}

bool UpstreamResponse::begin(std::string_view line) {
  constexpr std::size_t kStatus = 9;  // behind "HTTP/1.1 "
  const std::string_view digits = line.substr(std::min(kStatus, line.size()), 3);
  if ((!line.starts_with("HTTP/1.1 ") && !line.starts_with("HTTP/1.0 ")) || digits.size() != 3 ||
      !is_digits(digits) || digits < "100" || digits > "599" ||
      (line.size() > kStatus + 3 && line[kStatus + 3] != ' ') || !is_text(line)) {
    return false;
  }
  std::from_chars(digits.data(), digits.data() + digits.size(), status_);
  is_http_1_0_ = line.starts_with("HTTP/1.0 ");
  reason_ = line.substr(std::min(kStatus + 4, line.size()));
  return true;
}

bool UpstreamResponse::add_field(std::string_view line) {
  const auto field = parse_field(line);
  if (!field) {
    return false;
  }
  if (same_word(field->name, "Content-Length")) {
    std::size_t length = 0;
    const char* const end = field->value.data() + field->value.size();
    const auto [stop, error] = std::from_chars(field->value.data(), end, length);
    if (!is_digits(field->value) || error != std::errc{} || stop != end || content_length_) {
      return false;
    }
    content_length_ = length;
    return true;  // ours is written from the number
  }
  if (same_word(field->name, "Transfer-Encoding")) {
    if (chunked_ || !same_word(field->value, "chunked")) {
      return false;
    }
    chunked_ = true;
  }
  fields_.emplace_back(field->name, field->value);
  return true;
}

UpstreamResponse::State UpstreamResponse::end_head() {
  // HTTP/1.0 has no chunks (RFC 9112, section 6.1), and nobody asked to upgrade.
  if ((chunked_ && (content_length_ || is_http_1_0_)) || status_ == 101) {
    return refuse();
  }
  if (status_ >= kFirstFinal) {
    return state_ = State::kWhole;
  }
  status_ = 0;
  fields_.clear();
  content_length_.reset();
  chunked_ = false;
  return state_;
}

void UpstreamResponse::drop_hop_by_hop() {
  std::vector<std::string_view> options;
  std::string listed;  // the values of Connection, which the options are views into
  for (auto& [name, value] : fields_) {
    if (same_word(name, "Connection")) {
      listed.append(std::exchange(value, {})).append(",");
    }
  }
  add_words(listed, options);
  std::erase_if(fields_, [&](const auto& field) { return is_hop_by_hop(field.first, options); });
}

std::string UpstreamResponse::pass_on(const Passing& passing) {
  drop_hop_by_hop();
  merge_limits(passing.limits, fields_);
  fields_.emplace_back("Via", "1.1 rlserver");
  if (content_length_ && status_ != 204) {
    fields_.emplace_back("Content-Length", std::to_string(*content_length_));
  } else if (goes_in_chunks(passing.is_http_1_0)) {
    fields_.emplace_back("Transfer-Encoding", "chunked");
  }
  if (passing.last) {
    fields_.emplace_back("Connection", "close");
  } else if (passing.is_http_1_0) {
    fields_.emplace_back("Connection", "keep-alive");
  }
  return text_of_head();
}

std::string UpstreamResponse::text_of_head() const {
  std::string text;
  text.reserve(kUsualBytes);
  text.append("HTTP/1.1 ").append(std::to_string(status_)).append(" ");
  text.append(reason_.empty() ? title_of(status_) : reason_).append("\r\n");
  for (const auto& [name, value] : fields_) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  return text.append("\r\n");
}

}  // namespace rl::http
