#include "rl/identity/redis/fields.h"

#include <charconv>

namespace rl::redis {

std::string Fields::text() {
  if (at_end()) {
    complete_ = false;
    return {};
  }
  return std::move(elements_[next_++].text);
}

std::uint64_t Fields::number() {
  const std::string digits = text();
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

WallTime Fields::wall_time() {
  return WallTime{Micros{static_cast<std::int64_t>(number())}};
}

std::optional<WallTime> Fields::maybe_time() {
  if (!at_end() && elements_[next_].text.empty()) {
    ++next_;
    return std::nullopt;
  }
  return wall_time();
}

std::optional<std::string> Fields::maybe_text() {
  std::string value = text();
  return value.empty() ? std::nullopt : std::optional(std::move(value));
}

User Fields::user() {
  User user;
  user.id = number();
  user.name = text();
  user.tier = text();
  user.version = number();
  user.created = wall_time();
  return user;
}

ApiKey Fields::key() {
  ApiKey key;
  key.id = number();
  key.user_id = number();
  key.name = text();
  key.tier = maybe_text();
  key.created = wall_time();
  key.expires_at = maybe_time();
  key.revoked_at = maybe_time();
  for (std::uint64_t left = number(); left > 0 && !at_end(); --left) {
    key.secrets.push_back(secret(key.id).record);
  }
  return key;
}

StoredSecret Fields::secret(std::uint64_t of_key) {
  StoredSecret secret;
  secret.key_id = of_key != 0 ? of_key : number();
  secret.digest = parse_digest(text()).value_or(Digest{});
  secret.record.prefix = text();
  secret.record.last_four = text();
  secret.record.created = wall_time();
  secret.record.expires_at = maybe_time();
  return secret;
}

Failure<DirectoryError> strange() {
  return fail_with(DirectoryError{.kind = DirectoryError::Kind::kFailed,
                                  .message = "Redis answered something else than the script"});
}

std::string text_of(WallTime time) {
  return std::to_string(time.time_since_epoch().count());
}

std::string text_of(const std::optional<WallTime>& time) {
  return time ? text_of(*time) : std::string();
}

}  // namespace rl::redis
