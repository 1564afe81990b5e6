#include "rl/http/problem.h"

#include <algorithm>
#include <array>
#include <utility>

namespace rl::http {
namespace {

std::string dump(const nlohmann::ordered_json& document) {
  // Bytes of a client's that are not UTF-8 become U+FFFD rather than an exception.
  return document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

void answer(Reply& reply, const Problem& problem) {
  // Member by member, as an initializer list copies each value twice: under attack most responses
  // are problems.
  nlohmann::ordered_json document;
  document["type"] = problem.type;
  document["title"] = problem.title.empty() ? title_of(problem.status) : problem.title;
  document["status"] = problem.status;
  document["detail"] = problem.detail;
  for (const auto& member : problem.members.items()) {
    document[member.key()] = member.value();
  }
  reply.status = problem.status;
  reply.content_type = "application/problem+json";
  reply.body = dump(document);
}

void answer(httplib::Response& response, const Problem& problem) {
  Reply reply;
  answer(reply, problem);
  response.status = reply.status;
  response.set_content(reply.body, reply.content_type.c_str());
}

const char* title_of(int status) {
  static constexpr std::array<std::pair<int, const char*>, 23> kTitles = {{
      {200, "OK"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {422, "Unprocessable Content"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  }};
  const auto* const known = std::find_if(kTitles.begin(), kTitles.end(),
                                         [&](const auto& title) { return title.first == status; });
  return known == kTitles.end() ? "Error" : known->second;
}

void answer_json(Reply& reply, int status, const nlohmann::ordered_json& document) {
  reply.status = status;
  reply.content_type = "application/json";
  reply.body = dump(document);
}

void answer_json(httplib::Response& response, int status, const nlohmann::ordered_json& document) {
  response.status = status;
  response.set_content(dump(document), "application/json");
}

}  // namespace rl::http
