#include "rl/http/entry_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "rl/http/directory_problem.h"
#include "rl/http/json_body.h"
#include "rl/identity/api_key.h"

namespace rl::http {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t kLongestTierName = 64;
constexpr std::int64_t kLatest = 253'402'300'799'999'999;  // µs: the end of the year 9999
constexpr auto kLargestId = static_cast<std::int64_t>(kMaxId);

json microseconds(const std::optional<WallTime>& time) {
  return time ? json(time->time_since_epoch().count()) : json(nullptr);
}

json members_of(const LastIds& ids) {
  return {{"type", "ids"}, {"last_user_id", ids.user}, {"last_key_id", ids.key}};
}

json members_of(const User& user) {
  return {{"type", "user"},          {"id", user.id},
          {"name", user.name},       {"tier", user.tier},
          {"version", user.version}, {"created_us", microseconds(user.created)}};
}

json members_of(const ApiKey& key) {
  return {{"type", "key"},
          {"id", key.id},
          {"user_id", key.user_id},
          {"name", key.name},
          {"tier", key.tier ? json(*key.tier) : json(nullptr)},
          {"created_us", microseconds(key.created)},
          {"expires_us", microseconds(key.expires_at)},
          {"revoked_us", microseconds(key.revoked_at)}};
}

json members_of(const StoredSecret& secret) {
  return {{"type", "secret"},
          {"key_id", secret.key_id},
          {"digest", to_hex(secret.digest)},
          {"prefix", secret.record.prefix},
          {"last_four", secret.record.last_four},
          {"created_us", microseconds(secret.record.created)},
          {"expires_us", microseconds(secret.record.expires_at)}};
}

/// Reads the members of one line; what is missing or wrong is a fault of the body.
class EntryReader {
 public:
  explicit EntryReader(JsonBody& body) : body_(body) {}

  std::uint64_t id(std::string_view name, std::int64_t least = 1) {
    return static_cast<std::uint64_t>(required(name, body_.integer(name, least, kLargestId)));
  }

  WallTime wall_time(std::string_view name) {
    return WallTime{Micros{required(name, body_.integer(name, 0, kLatest))}};
  }

  std::optional<WallTime> maybe_time(std::string_view name) {
    const auto at = body_.integer(name, 0, kLatest);
    return at ? std::optional(WallTime{Micros{*at}}) : std::nullopt;
  }

  std::string text(std::string_view name, std::size_t longest) {
    return required(name, body_.text(name, longest));
  }

  std::string tier() {
    std::string name = text("tier", kLongestTierName);
    check_tier(name);
    return name;
  }

  std::optional<std::string> maybe_tier() {
    auto name = body_.text("tier", kLongestTierName);
    if (name) {
      check_tier(*name);
    }
    return name;
  }

  User user() {
    return {.id = id("id"),
            .name = required("name", read_name(body_, "name", kLongestUserName)),
            .tier = tier(),
            .version = id("version"),
            .created = wall_time("created_us")};
  }

  ApiKey key() {
    // A key may be without a name, which is told as an empty one.
    std::string name = text("name", kLongestKeyName);
    if (!name.empty()) {
      read_name(body_, "name", kLongestKeyName);
    }
    return {.id = id("id"),
            .user_id = id("user_id"),
            .name = std::move(name),
            .tier = maybe_tier(),
            .created = wall_time("created_us"),
            .expires_at = maybe_time("expires_us"),
            .revoked_at = maybe_time("revoked_us"),
            .secrets = {}};
  }

  StoredSecret secret() {
    const auto digest = parse_digest(text("digest", 2 * sizeof(Digest)));
    if (!digest) {
      body_.reject("\"digest\" is 64 lower-case hexadecimal digits");
    }
    StoredSecret secret{.key_id = id("key_id"),
                        .digest = digest.value_or(Digest{}),
                        .record = {.prefix = text("prefix", 8),
                                   .last_four = text("last_four", 4),
                                   .created = wall_time("created_us"),
                                   .expires_at = maybe_time("expires_us")}};
    if (!is_hint(secret.record.prefix, 8) || !secret.record.prefix.starts_with(kApiKeyPrefix) ||
        !is_hint(secret.record.last_four, 4)) {
      body_.reject("\"prefix\" and \"last_four\" are 8 and 4 characters of an API key");
    }
    return secret;
  }

 private:
  template <class T>
  T required(std::string_view name, std::optional<T> value) {
    if (!value) {
      body_.reject("\"" + std::string(name) + "\" is missing");
    }
    return std::move(value).value_or(T{});
  }

  void check_tier(std::string_view name) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), [](char c) {
          return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
        })) {
      body_.reject("\"tier\" is the name of a tier, or null");
    }
  }

  static bool is_hint(std::string_view text, std::size_t size) {
    return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
             return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z');
           });
  }

  JsonBody& body_;
};

}  // namespace

std::string to_line(const Entry& entry) {
  return std::visit([](const auto& piece) { return members_of(piece); }, entry).dump() + "\n";
}

Result<Entry, Problem> parse_entry(const std::string& line) {
  if (line.size() > kLongestEntryLine) {
    return fail_with(
        Problem{.status = 422, .title = {}, .detail = "a line has at most 4096 bytes"});
  }
  JsonBody body(line);
  EntryReader reader(body);
  const std::string type = body.text("type", 16).value_or("");
  std::optional<Entry> entry;
  if (type == "ids") {
    // An empty directory gave none.
    const std::uint64_t user = reader.id("last_user_id", 0);
    entry = LastIds{.user = user, .key = reader.id("last_key_id", 0)};
  } else if (type == "user") {
    entry = reader.user();
  } else if (type == "key") {
    entry = reader.key();
  } else if (type == "secret") {
    entry = reader.secret();
  } else {
    body.reject("\"type\" is \"ids\", \"user\", \"key\" or \"secret\"");
  }
  if (auto problem = body.finish()) {
    if (problem->status == 400) {
      problem->detail = "this is not a JSON object";
    }
    return fail_with(std::move(*problem));
  }
  return *std::move(entry);
}

}  // namespace rl::http
