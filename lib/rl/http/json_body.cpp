#include "rl/http/json_body.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "rl/base/text.h"

namespace rl::http {
namespace {

constexpr std::size_t kLongestShown = 64;  // bytes of a member's name that a problem repeats

/// Whether nothing has to be left out of the text to make it UTF-8.
bool is_utf8(const std::string& text) {
  const std::string kept =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore);
  return nlohmann::json::parse(kept, nullptr, /*allow_exceptions=*/false) == text;
}

std::string what_is_wrong(const std::string& text) {
  if (text.empty()) {
    return "the body is missing: send a JSON object";
  }
  // The first character of JSON is ASCII, so that its other byte tells UTF-16.
  if (text.starts_with("\xfe\xff") || text.starts_with("\xff\xfe") ||
      text.substr(0, 2).find('\0') != std::string::npos) {
    return "the body is not UTF-8 but UTF-16";
  }
  return is_utf8(text) ? "the body is not a JSON object" : "the body is not UTF-8";
}

}  // namespace

JsonBody::JsonBody(const std::string& text) {
  std::set<std::string> names;
  std::optional<std::string> twice;
  const auto look = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    if (event == nlohmann::json::parse_event_t::key && depth == 1 &&
        !names.insert(parsed.get<std::string>()).second) {
      twice = parsed.get<std::string>();
    }
    return true;
  };
  document_ = nlohmann::json::parse(text, look, /*allow_exceptions=*/false);
  if (!document_.is_object()) {
    problem_ = Problem{.status = 400, .title = {}, .detail = what_is_wrong(text)};
  } else if (twice) {  // readers differ on which of them counts (RFC 8259, section 4)
    reject(fmt::format("\"{}\" is given twice", clip(*twice, kLongestShown)));
  }
}

std::optional<std::string> JsonBody::text(std::string_view name, std::size_t longest) {
  const nlohmann::json* const value = member(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_string() || value->get_ref<const std::string&>().size() > longest) {
    reject(fmt::format("\"{}\" is a string of at most {} bytes", name, longest));
    return std::nullopt;
  }
  return value->get<std::string>();
}

std::optional<std::int64_t> JsonBody::integer(std::string_view name, std::int64_t least,
                                              std::int64_t most) {
  const nlohmann::json* const value = member(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  // A number beyond int64 is "unsigned" here and would wrap around.
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX);
  if (!fits || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
    reject(fmt::format("\"{}\" is a whole number from {} to {}", name, least, most));
    return std::nullopt;
  }
  return value->get<std::int64_t>();
}

std::optional<bool> JsonBody::boolean(std::string_view name) {
  const nlohmann::json* const value = member(name);
  if (value == nullptr) {
    return std::nullopt;
  }
  if (!value->is_boolean()) {
    reject(fmt::format("\"{}\" is true or false", name));
    return std::nullopt;
  }
  return value->get<bool>();
}

void JsonBody::reject(std::string detail) {
  if (!problem_) {
    problem_ = Problem{.status = 422, .title = {}, .detail = std::move(detail)};
  }
}

std::optional<Problem> JsonBody::finish() {
  if (document_.is_object()) {
    for (const auto& [name, value] : document_.items()) {
      if (std::find(known_.begin(), known_.end(), name) == known_.end()) {
        const auto meant = nearest(name, known_);
        reject(fmt::format("\"{}\" is not known here{}", clip(name, kLongestShown),
                           meant ? fmt::format("; did you mean \"{}\"?", *meant) : ""));
      }
    }
  }
  return problem_;
}

const nlohmann::json* JsonBody::member(std::string_view name) {
  known_.emplace_back(name);
  if (!document_.is_object()) {
    return nullptr;
  }
  const auto found = document_.find(std::string(name));
  return found == document_.end() || found->is_null() ? nullptr : &*found;
}

}  // namespace rl::http
