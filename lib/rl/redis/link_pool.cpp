#include "rl/redis/link_pool.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

namespace rl::redis {
namespace {

constexpr std::string_view kNoScript = "NOSCRIPT";
constexpr std::string_view kReadOnly = "READONLY";

Failure<CallError> unsent(std::string why) {
  return fail_with(CallError{.sent = false, .error = {.message = std::move(why)}});
}

/// Whether nothing waits to be read from a connection that nothing was asked on: what does wait is
/// its end.
bool is_quiet(int socket) {
  pollfd poll{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&poll, 1, 0) == 0;
}

std::int64_t microseconds(Instant at) {
  return at.time_since_epoch().count();
}

}  // namespace

Result<Reply, CallError> LinkPool::call(std::vector<std::string> arguments, std::size_t deadline_at,
                                        Instant deadline) {
  auto line = take(deadline);
  if (!line) {
    return fail_with(line.error());
  }
  arguments[deadline_at] = std::to_string(microseconds(deadline) + line->server_ahead_us);
  const std::string hash = line->script_hash;
  std::vector<std::string_view> words = {"EVALSHA", hash, "0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto reply = send(*std::move(line), words, deadline);
  if (!reply || reply->kind != Reply::Kind::kError || !reply->text.starts_with(kNoScript)) {
    return reply;
  }
  // Somebody flushed the scripts away: it did not run.
  const std::array<std::string_view, 3> load = {"SCRIPT", "LOAD", options_.script};
  if (auto loaded = command(load, deadline); !loaded) {
    return fail_with(loaded.error());
  }
  return command(words, deadline);
}

Result<Reply, CallError> LinkPool::command(std::span<const std::string_view> words,
                                           Instant deadline) {
  auto line = take(deadline);
  return line ? send(*std::move(line), words, deadline) : fail_with(line.error());
}

LinkPool::MaybeLine LinkPool::take(Instant deadline) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const Instant now = clock_.now();
    if (now < rests_until_) {
      return unsent("Redis did not answer a moment ago");
    }
    while (!resting_.empty()) {
      Line line = std::move(resting_.back());
      resting_.pop_back();
      if (is_quiet(line.link->socket())) {
        return line;
      }
      --open_;
    }
    if (open_ < options_.max_links) {
      break;
    }
    if (now >= deadline) {
      return unsent("too many wait for Redis");
    }
    free_.wait_for(lock, deadline - now);
  }
  ++open_;
  lock.unlock();
  auto line = open(deadline);
  if (!line) {
    lose();
  }
  return line;
}

LinkPool::MaybeLine LinkPool::open(Instant deadline) const {
  auto link = Link::open(options_.url, clock_, deadline - clock_.now());
  if (!link) {
    return unsent(link.error().message);
  }
  const std::array<std::string_view, 3> load = {"SCRIPT", "LOAD", options_.script};
  const auto hash = (*link)->call(load, deadline);
  if (!hash) {
    return unsent(hash.error().message);
  }
  const std::array<std::string_view, 1> ask_time = {"TIME"};
  const auto time = (*link)->call(ask_time, deadline);
  if (!time || time->elements.size() != 2) {
    return unsent(time ? "Redis does not tell the time" : time.error().message);
  }
  // The reply was under way for a while: a deadline made of this is a little too early, never late.
  const std::int64_t server_us =
      std::strtoll(time->elements[0].text.c_str(), nullptr, 10) * 1'000'000 +
      std::strtoll(time->elements[1].text.c_str(), nullptr, 10);
  return Line{.link = std::move(*link),
              .script_hash = hash->text,
              .server_ahead_us = server_us - microseconds(clock_.now())};
}

void LinkPool::give_back(Line line) {
  {
    const std::lock_guard lock(mutex_);
    resting_.push_back(std::move(line));
  }
  free_.notify_one();
}

void LinkPool::lose() {
  {
    const std::lock_guard lock(mutex_);
    --open_;
    rests_until_ = clock_.now() + options_.rest;
  }
  free_.notify_all();  // they need not wait any longer
}

Result<Reply, CallError> LinkPool::send(Line line, std::span<const std::string_view> words,
                                        Instant deadline) {
  auto reply = line.link->ask(words, deadline);
  if (!reply) {
    lose();
    return fail_with(CallError{.sent = true, .error = reply.error()});
  }
  if (reply->kind == Reply::Kind::kError && reply->text.starts_with(kReadOnly)) {
    lose();  // no primary any more: the next connection finds the one that is
  } else {
    give_back(std::move(line));
  }
  return reply.value();
}

}  // namespace rl::redis
