#include "rl/http/reply.h"

#include <algorithm>

#include "rl/http/http_date.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

constexpr std::size_t kUsualSize = 768;  // of a head with all groups of headers, in bytes

void add_line(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\r\n");
}

bool has_date(const Reply& reply) {
  return std::any_of(reply.fields.begin(), reply.fields.end(),
                     [](const auto& field) { return field.first == "Date"; });
}

}  // namespace

std::string reply_text(const Reply& reply, const ReplyForm& form) {
  std::string text;
  text.reserve(kUsualSize + reply.body.size());
  text.append("HTTP/1.1 ").append(std::to_string(reply.status)).append(" ");
  text.append(title_of(reply.status)).append("\r\n");
  if (form.last) {
    add_line(text, "Connection", "close");
  }
  add_line(text, "Content-Length", std::to_string(reply.body.size()));
  if (!reply.content_type.empty()) {
    add_line(text, "Content-Type", reply.content_type);
  }
  if (!has_date(reply)) {
    add_line(text, "Date", http_date(form.at));
  }
  if (!form.last && !form.keep_alive.empty()) {
    add_line(text, "Keep-Alive", form.keep_alive);
  }
  for (const auto& [name, value] : reply.fields) {
    add_line(text, name, value);
  }
  text += "\r\n";
  return form.head_only ? text : text.append(reply.body);
}

}  // namespace rl::http
