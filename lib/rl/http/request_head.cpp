#include "rl/http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "rl/http/request_target.h"

namespace rl::http {
namespace {

/// A table of the characters for which `is` holds, so that a line is checked at a look per byte.
template <class Is>
constexpr std::array<bool, 256> table_of(Is is) {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < table.size(); ++c) {
    table[c] = is(static_cast<unsigned char>(c));
  }
  return table;
}

constexpr auto kTokenCharacters = table_of([](unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != 0 &&
          std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos);
});
constexpr auto kValueCharacters =
    table_of([](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });

bool consists_of(const std::array<bool, 256>& characters, std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return characters[static_cast<unsigned char>(c)]; });
}

bool is_token(std::string_view text) {
  return !text.empty() && consists_of(kTokenCharacters, text);
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The next element of a comma-separated list, which is shortened by it.
std::string_view take_element(std::string_view& list) {
  const std::size_t comma = std::min(list.find(','), list.size());
  const std::string_view element = trimmed(list.substr(0, comma));
  list.remove_prefix(std::min(comma + 1, list.size()));
  return element;
}

/// The line at the front without its line end; `bytes` goes on behind it.
std::string_view take_line(std::string_view& bytes) {
  const std::size_t end = bytes.find("\r\n");
  const std::string_view line = bytes.substr(0, end);
  bytes.remove_prefix(std::min(line.size() + 2, bytes.size()));
  return line;
}

bool is_known_method(std::string_view method) {
  static constexpr std::array<std::string_view, 7> kKnown = {"GET",   "HEAD",   "POST",   "PUT",
                                                             "PATCH", "DELETE", "OPTIONS"};
  return std::find(kKnown.begin(), kKnown.end(), method) != kKnown.end();
}

/// The parts of a request line as they stand there.
struct RequestLine {
  std::string_view method;
  std::string_view target;
  bool is_http_1_0 = false;
};

Result<RequestLine, Refusal> parse_request_line(std::string_view line,
                                                const FramingLimits& limits) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first == std::string_view::npos ? first : first + 1);
  if (second == std::string_view::npos) {
    return fail_with(Refusal{400, "a request line is METHOD TARGET HTTP/1.1"});
  }
  const RequestLine parts{.method = line.substr(0, first),
                          .target = line.substr(first + 1, second - first - 1),
                          .is_http_1_0 = line.substr(second + 1) == "HTTP/1.0"};
  const std::string_view version = line.substr(second + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7]) || !is_token(parts.method)) {
    return fail_with(Refusal{400, "a request line is METHOD TARGET HTTP/1.1"});
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return fail_with(Refusal{505, "this server speaks HTTP/1.1"});
  }
  if (!is_known_method(parts.method)) {
    return fail_with(Refusal{501, "this server does not know the method"});
  }
  if (parts.target.size() > limits.max_target) {
    return fail_with(Refusal{414, "the request target is too long"});
  }
  return parts;
}

/// What the fields say of the framing of a request, while they are read one after the other.
struct Framing {
  std::optional<std::string_view> host;
  std::optional<std::string_view> content_length;
  std::string_view transfer_coding;  ///< the last
  int transfer_codings = 0;
  bool has_transfer_encoding = false;
  bool close = false;
  bool keep_alive = false;
  std::optional<std::string_view> expectation;
};

std::optional<Refusal> note(const Field& field, Framing& framing) {
  if (same_word(field.name, "Host")) {
    if (framing.host) {
      return Refusal{400, "a request has one Host"};
    }
    framing.host = field.value;
  } else if (same_word(field.name, "Content-Length")) {
    if (framing.content_length) {
      return Refusal{400, "a request has one Content-Length"};
    }
    framing.content_length = field.value;
  } else if (same_word(field.name, "Transfer-Encoding")) {
    framing.has_transfer_encoding = true;
    std::string_view list = field.value;
    do {
      framing.transfer_coding = take_element(list);
      ++framing.transfer_codings;
    } while (!list.empty());
    if (field.value.ends_with(',')) {
      framing.transfer_coding = {};
    }
  } else if (same_word(field.name, "Connection")) {
    for (std::string_view list = field.value; !list.empty();) {
      const std::string_view option = take_element(list);
      framing.close = framing.close || same_word(option, "close");
      framing.keep_alive = framing.keep_alive || same_word(option, "keep-alive");
    }
  } else if (same_word(field.name, "Expect")) {
    framing.expectation = field.value;
  }
  return std::nullopt;
}

std::optional<Refusal> check_transfer_encoding(const Framing& framing, bool is_http_1_0) {
  if (is_http_1_0) {
    return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  }
  if (framing.content_length) {
    return Refusal{400, "a request has a Content-Length or a Transfer-Encoding, not both"};
  }
  if (!same_word(framing.transfer_coding, "chunked")) {
    return Refusal{400, "the last transfer coding of a request is chunked"};
  }
  if (framing.transfer_codings > 1) {
    return Refusal{501, "this server knows no transfer coding but chunked"};
  }
  return std::nullopt;
}

Result<std::size_t, Refusal> length_of(std::string_view text) {
  std::size_t length = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, length);
  if (text.empty() || stop != end || error != std::errc{}) {
    return fail_with(Refusal{400, "a Content-Length is a number of bytes"});
  }
  return length;
}

/// The body, the end of the connection and the expectation, as the fields tell them.
std::optional<Refusal> apply(const Framing& framing, bool is_http_1_0, RequestHead& head) {
  if (framing.has_transfer_encoding) {
    if (auto refusal = check_transfer_encoding(framing, is_http_1_0)) {
      return refusal;
    }
    head.chunked = true;
  }
  if (framing.content_length) {
    const auto length = length_of(*framing.content_length);
    if (!length) {
      return length.error();
    }
    head.content_length = *length;
  }
  head.is_http_1_0 = is_http_1_0;
  head.keep_alive = !framing.close && (!is_http_1_0 || framing.keep_alive);
  if (framing.expectation && !is_http_1_0) {  // which 1.0 does not have: to be ignored
    if (!same_word(*framing.expectation, "100-continue")) {
      return Refusal{417, "this server can meet no expectation but 100-continue"};
    }
    head.expects_continue = true;
  }
  return std::nullopt;
}

}  // namespace

bool same_letters(std::string_view one, std::string_view other) {
  return std::equal(one.begin(), one.end(), other.begin(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

Result<Field, Refusal> parse_field(std::string_view line) {
  if (line.starts_with(' ') || line.starts_with('\t')) {
    return fail_with(Refusal{400, "a field does not go on in the next line"});
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return fail_with(Refusal{400, "a field is NAME: VALUE without space before the colon"});
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!consists_of(kValueCharacters, value)) {
    return fail_with(Refusal{400, "a field has no control characters"});
  }
  return Field{line.substr(0, colon), value};
}

Result<RequestHead, Refusal> parse_head(std::string_view bytes, const FramingLimits& limits) {
  const auto line = parse_request_line(take_line(bytes), limits);
  if (!line) {
    return fail_with(line.error());
  }
  RequestHead head;
  head.method = line->method;
  head.fields.reserve(16);
  Framing framing;
  for (std::string_view rest = take_line(bytes); !rest.empty(); rest = take_line(bytes)) {
    if (head.fields.size() == limits.max_fields) {
      return fail_with(
          Refusal{431, "a request may have " + std::to_string(limits.max_fields) + " fields here"});
    }
    const auto field = parse_field(rest);
    if (!field) {
      return fail_with(field.error());
    }
    if (auto refusal = note(*field, framing)) {
      return fail_with(*refusal);
    }
    head.fields.push_back(*field);
  }
  if (!line->is_http_1_0 && !framing.host) {
    return fail_with(Refusal{400, "a request of HTTP/1.1 has a Host"});
  }
  if (framing.host && !is_host(*framing.host)) {
    return fail_with(Refusal{400, "a Host is NAME or NAME:PORT"});
  }
  auto target =
      origin_form(line->target, {.host = framing.host, .options = line->method == "OPTIONS"});
  if (!target) {
    return fail_with(target.error());
  }
  head.target = std::move(*target);
  if (auto refusal = apply(framing, line->is_http_1_0, head)) {
    return fail_with(*refusal);
  }
  return head;
}

}  // namespace rl::http
