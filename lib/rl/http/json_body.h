#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"
#include "rl/http/problem.h"

namespace rl::http {

/// Reads the members of a JSON object one by one and remembers the first fault:
///   JsonBody body(request.body);
///   const auto state = body.text("state", 32);
///   if (auto problem = body.finish()) return answer(response, *problem);
/// Not JSON, or not an object: 400. A wrong type, a value out of range, a member that is unknown or
/// given twice: 422.
class JsonBody {
 public:
  explicit JsonBody(const std::string& text);

  /// A string of at most `longest` bytes.
  std::optional<std::string> text(std::string_view name, std::size_t longest);

  /// A whole number within [least, most].
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t least, std::int64_t most);

  std::optional<bool> boolean(std::string_view name);

  /// Says that what was read cannot stand; for faults that concern several members.
  void reject(std::string detail);

  /// The first fault, after all known members have been read.
  std::optional<Problem> finish();

 private:
  const nlohmann::json* member(std::string_view name);

  nlohmann::json document_;
  std::vector<std::string> known_;
  std::optional<Problem> problem_;
};

}  // namespace rl::http
