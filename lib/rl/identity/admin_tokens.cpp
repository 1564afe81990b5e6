#include "rl/identity/admin_tokens.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace rl {
namespace {

constexpr std::size_t kShortest = 16;  // characters of a token
constexpr std::size_t kLongest = 256;
constexpr std::size_t kLongestName = 64;
constexpr std::array kRoles = {AdminRole::kRead, AdminRole::kOperate, AdminRole::kAdmin};
constexpr char kForms[] =
    "write NAME ROLE TOKEN, where ROLE is read, operate or admin, or a TOKEN alone";

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r";
  std::vector<std::string_view> words;
  for (std::size_t at = line.find_first_not_of(kSpace); at != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(kSpace, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = line.find_first_not_of(kSpace, end);
  }
  return words;
}

bool is_token(std::string_view text) {
  return text.size() >= kShortest && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_name(std::string_view text) {
  return text.size() <= kLongestName && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == '@';
         });
}

/// One line that counts. The failure says nothing of what stands there: it may be a secret.
Result<AdminToken> read_line(const std::vector<std::string_view>& words) {
  if (words.size() != 1 && words.size() != 3) {
    return fail("is no admin token", kForms);
  }
  if (!is_token(words.back())) {
    return fail("is no admin token",
                "a token has 16 to 256 visible characters; `openssl rand -hex 24` makes one");
  }
  AdminToken token{.name = "admin", .role = AdminRole::kAdmin, .digest = sha256(words.back())};
  if (words.size() == 3) {
    const auto* const role = std::find_if(kRoles.begin(), kRoles.end(), [&](AdminRole known) {
      return to_string(known) == words[1];
    });
    if (role == kRoles.end()) {
      return fail("has no role", kForms);
    }
    if (!is_name(words[0])) {
      return fail("has no name", "a name has at most 64 letters, digits and - _ . @");
    }
    token.name = words[0];
    token.role = *role;
  }
  return token;
}

}  // namespace

std::string_view to_string(AdminRole role) {
  switch (role) {
    case AdminRole::kRead:
      return "read";
    case AdminRole::kOperate:
      return "operate";
    case AdminRole::kAdmin:
      return "admin";
  }
  return "";
}

Result<AdminTokens> AdminTokens::parse(std::string_view text, std::string_view where) {
  std::vector<AdminToken> tokens;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty() || words.front().starts_with('#')) {
      continue;
    }
    auto token = read_line(words);
    if (!token) {
      return fail(fmt::format("{}, line {}, {}", where, number, token.error().message),
                  token.error().hint);
    }
    const bool twice = std::any_of(tokens.begin(), tokens.end(), [&](const AdminToken& other) {
      return equal_digests(other.digest, token->digest);
    });
    if (twice || tokens.size() == kMost) {
      return fail(fmt::format("{}, line {}: {}", where, number,
                              twice ? "this token stands there before"
                                    : fmt::format("there are more than {} tokens", kMost)));
    }
    tokens.push_back(*std::move(token));
  }
  if (tokens.empty()) {
    return fail(fmt::format("{} holds no admin token", where), kForms);
  }
  return AdminTokens(std::move(tokens));
}

const AdminToken* AdminTokens::find(std::string_view offered) const {
  const Digest digest = sha256(offered);
  const AdminToken* found = nullptr;
  for (const AdminToken& token : tokens_) {
    // No way out before the last: the time must not tell which one it was.
    found = equal_digests(token.digest, digest) ? &token : found;
  }
  return found;
}

}  // namespace rl
