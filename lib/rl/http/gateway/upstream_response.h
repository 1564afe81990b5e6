#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "rl/http/rate_headers.h"

namespace rl::http {

/// Reads the head of an upstream's response line by line, as strictly as a request is read: what a
/// client could understand differently than we do must not reach it.
class UpstreamResponse {
 public:
  enum class State {
    kHead,     ///< not whole yet
    kWhole,    ///< the head of the final response
    kRefused,  ///< no response that can be passed on
  };

  /// The method of the request.
  explicit UpstreamResponse(std::string_view method);

  /// Takes one line with its line end. Interim responses (1xx) are left out.
  State feed(std::string_view line);

  State state() const { return state_; }
  int status() const { return status_; }

  /// Whether there can be no body, whatever the fields say (RFC 9112, section 6.3).
  bool has_no_body() const { return is_head_ || status_ == 204 || status_ == 304; }

  /// The length of its body, if it is told. Precondition: kWhole.
  std::optional<std::size_t> content_length() const { return content_length_; }

  bool chunked() const { return chunked_; }

  /// How the client gets it.
  struct Passing {
    const HeaderFields& limits;  ///< of this server
    bool is_http_1_0 = false;    ///< what the client speaks
    bool last = false;           ///< the connection ends after it
  };

  /// The head as it is passed on, with its empty line; to be asked for once. Precondition: kWhole.
  std::string pass_on(const Passing& passing);

  /// Whether its body goes to such a client in chunks of ours. Precondition: kWhole.
  bool goes_in_chunks(bool is_http_1_0) const {
    return !has_no_body() && !content_length_ && !is_http_1_0;
  }

  /// Whether the end of its body can only be told by the end of the connection.
  bool ends_with_connection(bool is_http_1_0) const {
    return !has_no_body() && !content_length_ && is_http_1_0;
  }

 private:
  State refuse() { return state_ = State::kRefused; }
  bool begin(std::string_view line);
  bool add_field(std::string_view line);
  State end_head();
  void drop_hop_by_hop();
  std::string text_of_head() const;

  const bool is_head_;
  State state_ = State::kHead;
  std::size_t bytes_ = 0;  ///< of all lines so far
  int status_ = 0;
  bool is_http_1_0_ = false;
  std::string reason_;
  HeaderFields fields_;
  std::optional<std::size_t> content_length_;
  bool chunked_ = false;
};

}  // namespace rl::http
