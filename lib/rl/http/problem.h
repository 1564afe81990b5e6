#pragma once

#include <httplib.h>

#include <nlohmann/json.hpp>
#include <string>

#include "rl/http/reply.h"

namespace rl::http {

/// An error as clients get it (RFC 9457). `detail` says what was wrong with this very request and
/// how to mend it; never the text of an exception.
struct Problem {
  int status = 500;
  std::string title;
  std::string detail;
  std::string type = "about:blank";
  nlohmann::ordered_json members = nlohmann::ordered_json::object();  ///< further members
};

/// Makes the problem the response: status, body and content type. Headers that are set stay.
void answer(Reply& reply, const Problem& problem);
void answer(httplib::Response& response, const Problem& problem);

/// The title that goes with a bare status, such as "Not Found".
const char* title_of(int status);

/// Makes the document the response.
void answer_json(Reply& reply, int status, const nlohmann::ordered_json& document);
void answer_json(httplib::Response& response, int status, const nlohmann::ordered_json& document);

}  // namespace rl::http
