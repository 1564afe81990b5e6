#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"

namespace rl::http {

/// Bounds on the bytes of one request.
struct FramingLimits {
  std::size_t max_head = 16384;  ///< request line, fields and empty line; of trailers once more
  std::size_t max_target = 8192;
  std::size_t max_fields = 100;                           ///< of the head; of trailers once more
  std::size_t max_body = 65536;                           ///< after the chunks are put together
  std::size_t max_streamed_body = std::size_t{1} << 62U;  ///< the same, of one taken in pieces
  std::size_t max_chunk_line = 256;
};

/// Why a request is not read on: the status of the answer, after which the connection ends.
struct Refusal {
  int status = 400;
  std::string detail;  ///< what was wrong, for the client

  bool operator==(const Refusal&) const = default;
};

struct Field {
  std::string_view name;
  std::string_view value;  ///< without the white space around it
};

/// The checked head of a request. The views are into the bytes that were parsed.
struct RequestHead {
  std::string_view method;  ///< one that httplib knows
  std::string target;       ///< "/path?query", or "*" of OPTIONS; never with a host
  std::vector<Field> fields;
  std::size_t content_length = 0;
  bool chunked = false;
  bool is_http_1_0 = false;
  bool keep_alive = true;         ///< whether the client wants to send another request
  bool expects_continue = false;  ///< and waits for 100 before it sends the body
};

/// Reads a head that ends with its empty line, all lines of which end with CR LF, as strictly as a
/// security boundary must (RFC 9112): whatever two servers could understand differently is refused.
Result<RequestHead, Refusal> parse_head(std::string_view bytes, const FramingLimits& limits);

/// Splits one field line without its line end, as in a head or in trailers (RFC 9112, section 5).
Result<Field, Refusal> parse_field(std::string_view line);

/// Whether two words of one length are the same.
bool same_letters(std::string_view one, std::string_view other);

/// Whether the names of two fields, or two of their words, are the same.
inline bool same_word(std::string_view one, std::string_view other) {
  return one.size() == other.size() && same_letters(one, other);
}

}  // namespace rl::http
