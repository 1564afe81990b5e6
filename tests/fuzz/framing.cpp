// A libFuzzer target (scripts/fuzz): whatever bytes come, strict framing keeps its bounds, judges
// them the same in any pieces, and understands a request that it wrote down itself as it was.
#include "rl/http/framing.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using rl::http::Framer;
using rl::http::FramingLimits;

constexpr FramingLimits kLimits{.max_body = 1000, .max_streamed_body = 1000};
constexpr std::size_t kMost = 40;  ///< requests looked at of one input

void require(bool holds) {
  if (!holds) {
    std::abort();  // which libFuzzer reports with the input
  }
}

/// The request as this server would pass it on.
std::string written(const Framer& framer, const std::string& body) {
  const auto& head = framer.head();
  std::string text = std::string(head.method) + ' ' + head.target + " HTTP/1.1\r\n";
  bool has_host = false;
  for (const auto& field : head.fields) {
    has_host = has_host || rl::http::same_word(field.name, "Host");
    if (!rl::http::same_word(field.name, "Transfer-Encoding") &&
        !rl::http::same_word(field.name, "Content-Length")) {
      text += std::string(field.name) + ": " + std::string(field.value) + "\r\n";
    }
  }
  text += has_host ? "" : "Host: x\r\n";
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// The requests in the bytes, each as written(), and the status of a refusal. Streamed bodies are
/// put together again.
std::vector<std::string> read(std::string_view bytes, std::size_t piece_length,
                              bool streamed = false) {
  Framer framer(kLimits, [streamed](const auto&) { return streamed; });
  std::string body;
  std::vector<std::string> requests;
  while (!bytes.empty() && requests.size() < kMost) {
    const std::string_view piece = bytes.substr(0, piece_length);
    const std::size_t taken = framer.feed(piece);
    require(taken <= piece.size());
    bytes.remove_prefix(taken);
    require(!streamed || framer.body().size() <= taken);
    body += framer.body();
    streamed ? framer.drop_body() : body.clear();
    if (framer.state() == Framer::State::kRefused) {
      requests.push_back(std::to_string(framer.refusal().status) + framer.refusal().detail);
      break;
    }
    if (framer.state() == Framer::State::kWhole) {
      body += framer.body();
      require(body.size() <= kLimits.max_body);
      require(framer.head().fields.size() <= kLimits.max_fields);
      require(framer.head().target.size() <= kLimits.max_target + 1);
      requests.push_back(written(framer, body));
      framer.forget();
      body.clear();
    } else {
      // A streamed head is looked at before what is behind it.
      require(taken == piece.size() || (streamed && framer.state() == Framer::State::kBody));
    }
  }
  return requests;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read(bytes, std::max<std::size_t>(size, 1));
  require(read(bytes, 1) == whole);
  require(read(bytes, 13) == whole);
  require(read(bytes, 13, true) == whole);
  require(read(bytes, std::max<std::size_t>(size, 1), true) == whole);
  for (const std::string& request : whole) {
    // One that stands at the very bound may be longer in our words, and HTTP/1.0 has no
    // expectations to meet.
    if (request.size() < kLimits.max_head && request.find("HTTP/1.1\r\n") != std::string::npos) {
      const auto again = read(request, request.size());
      require(again.size() == 1);
      require(again.front() == request || again.front().starts_with("431") ||
              again.front().starts_with("417"));
    }
  }
  return 0;
}
