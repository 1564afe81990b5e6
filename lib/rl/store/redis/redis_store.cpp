#include "rl/store/redis/redis_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include "rl/store/redis/client.h"
#include "rl/store/redis/script.h"
namespace rl {
namespace {

constexpr Micros kLongestRecording = std::chrono::seconds{1};

/// Where answers are put for the thread that waits for all of them.
struct Tally {
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<bool> counted;  // guarded by mutex, as is what follows
  std::size_t open = 0;
};

std::int64_t time_of(const Clock& clock) {
  return clock.now().time_since_epoch().count();
}

template <class Number>
void add(std::string& text, Number number) {
  text.append(reinterpret_cast<const char*>(&number), sizeof number);
}

/// The charges of a request as a name for them: equal texts are equal questions.
std::string question_of(std::span<const Charge> charges) {
  std::string text;
  text.reserve(64 * charges.size());
  for (const Charge& charge : charges) {
    text.append(charge.bucket.owner).append(1, '\0').append(charge.bucket.rule).append(1, '\0');
    add(text, charge.limit.algorithm);
    add(text, charge.enforce);
    add(text, charge.limit.window.count());
    add(text, charge.limit.units);
    add(text, charge.limit.base);
    add(text, charge.limit.degraded);
    add(text, charge.cost);
  }
  return text;
}

}  // namespace

RedisStore::RedisStore(Options options, const Clock& clock, const Log& log)
    : options_(std::move(options)), clock_(clock) {
  redis::Client::Options client{.url = options_.url, .script = redis::kDecideScript};
  if (options_.script_goes_by_clock) {
    client.script_time = [this] { return time_of(clock_); };
  }
  client.on_batch = [this](bool in_time) { breaker_.report(in_time); };
  client.on_connect = [this] {
    denials_.forget_all();
  };  // it may be another Redis, or an empty one
  client.on_lost = [this] { breaker_.trip(); };
  client_ = std::make_unique<redis::Client>(std::move(client), system_clock_, log);
}

RedisStore::~RedisStore() = default;

bool RedisStore::connected() const {
  return client_->connected();
}

void RedisStore::fail_late() {
  client_->fail_late();
}

bool RedisStore::wait_until_connected(Micros timeout) const {
  return client_->wait_until_connected(timeout);
}

std::optional<Error> RedisStore::refusal() const {
  return client_->refusal();
}

redis::Ask RedisStore::ask_of(std::span<const Charge> charges) const {
  redis::Ask ask;
  ask.buckets.reserve(charges.size());
  for (const Charge& charge : charges) {
    std::string key;
    key.reserve(options_.prefix.size() + charge.bucket.owner.size() + charge.bucket.rule.size() +
                3);
    // The braces keep all buckets of one owner together on a cluster.
    key.append(options_.prefix).append(1, '{').append(charge.bucket.owner).append("}:");
    key.append(charge.bucket.rule);
    ask.buckets.emplace_back(
        std::move(key), redis::AskedBucket::Terms{
                            .limit = charge.limit, .cost = charge.cost, .enforce = charge.enforce});
  }
  return ask;
}

void RedisStore::decide_later(std::span<const Charge> charges, Mode mode,
                              std::span<Decision> decisions, Decided done) {
  assert(charges.size() == decisions.size() && charges.size() <= kMaxCharges);
  if (charges.empty()) {
    return done(kind());
  }
  std::string text = question_of(charges);
  const std::uint64_t hash = std::hash<std::string_view>()(text);
  const bool remembers = options_.remember_denials && mode == Mode::kAcquire;
  const auto asked = denials_.moment(clock_.now());
  if (remembers && denials_.recall({.hash = hash, .text = text}, asked.at, decisions)) {
    return done(kind());
  }
  redis::Ask request = ask_of(charges);
  request.purpose = mode == Mode::kAcquire ? redis::Purpose::kAcquire : redis::Purpose::kPeek;
  request.hash = hash;
  request.deadline = system_clock_.now() + options_.deadline;
  request.done = [=, this, text = std::move(text),
                  done = std::move(done)](const redis::Ask::Answer& answer) {
    if (!answer) {
      return done(fail_with(answer.error()));
    }
    std::copy(answer->begin(), answer->end(), decisions.begin());
    if (remembers) {
      denials_.remember({.hash = hash, .text = text}, asked, clock_.now(), charges, decisions);
    }
    done(kind());
  };
  client_->submit(std::move(request));
}

std::vector<bool> RedisStore::record(std::span<const Record> records) {
  const auto tally = std::make_shared<Tally>();
  tally->counted.resize(records.size());
  tally->open = records.size();
  const Instant deadline = system_clock_.now() + kLongestRecording;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Charge charge{
        .bucket = records[i].bucket, .limit = records[i].limit, .cost = records[i].cost};
    redis::Ask request = ask_of(std::span(&charge, 1));
    request.purpose = redis::Purpose::kRecord;
    request.age = records[i].age;
    request.deadline = deadline;
    request.done = [tally, i](const redis::Ask::Answer& answer) {
      const std::lock_guard lock(tally->mutex);
      tally->counted[i] = answer.has_value();
      if (--tally->open == 0) {
        tally->arrived.notify_one();
      }
    };
    client_->submit(std::move(request));
  }
  std::unique_lock lock(tally->mutex);
  tally->arrived.wait_until(lock, deadline, [&] { return tally->open == 0; });
  return tally->counted;
}

bool RedisStore::probe() {
  const Charge nothing{.bucket = {.owner = "probe", .rule = "probe"},
                       .limit = {.window = std::chrono::seconds{1}, .units = 1},
                       .cost = 0};
  Decision decision;
  return decide(std::span(&nothing, 1), Mode::kPeek, std::span(&decision, 1)).has_value();
}

/// People know the time of day, and not what a steady clock counts from.
Micros RedisStore::ahead_of_wall_clock(Micros ahead_of_steady) const {
  if (ahead_of_steady == Micros::zero()) {
    return Micros::zero();
  }
  const Micros steady = system_clock_.now().time_since_epoch();
  return ahead_of_steady + steady - system_clock_.wall_now().time_since_epoch();
}

SharedStoreStats RedisStore::shared_stats() const {
  const redis::Client::Stats client = client_->stats();
  const auto missed = [&](redis::Client::Miss kind) {
    return client.missed[static_cast<std::size_t>(kind)];
  };
  return {.reachable = connected(),
          .breaker = to_string(breaker_.state()),
          .call_p50 = client.call_times.p50,
          .call_p99 = client.call_times.p99,
          .clock_ahead = ahead_of_wall_clock(client.server_ahead),
          .queued = client.queued,
          .calls = client.calls,
          .asked = client.asks,
          .denied_here = denials_.recalled(),
          .late = missed(redis::Client::Miss::kLate),
          .unreachable = missed(redis::Client::Miss::kUnreachable),
          .refused = missed(redis::Client::Miss::kRefused),
          .overflow = missed(redis::Client::Miss::kOverflow)};
}

}  // namespace rl
