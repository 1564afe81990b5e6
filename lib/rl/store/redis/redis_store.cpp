#include "rl/store/redis/redis_store.h"

#include <fmt/core.h>

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "rl/store/redis/client.h"
#include "rl/store/redis/script.h"

namespace rl {
namespace {

using Numbers = Result<std::vector<std::int64_t>>;

/// Where an answer is put for the thread that waits for it, which may have left.
struct Letterbox {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Numbers> answer;  // guarded by mutex
};

redis::Ask ask_of(std::span<const Charge> charges, std::string_view mode,
                  const std::string& prefix) {
  redis::Ask ask;
  for (const Charge& charge : charges) {
    // The braces keep all buckets of one owner together on a cluster.
    ask.keys.push_back(fmt::format("{}{{{}}}:{}", prefix, charge.bucket.owner, charge.bucket.rule));
    const Limit& limit = charge.limit;
    ask.fields.insert(ask.fields.end(),
                      {std::string(mode), std::string(to_string(limit.algorithm)),
                       std::to_string(limit.window.count()), std::to_string(limit.units),
                       std::to_string(limit.base), std::to_string(limit.degraded),
                       std::to_string(charge.cost), charge.enforce ? "1" : "0"});
  }
  return ask;
}

Decision decision_of(std::span<const std::int64_t> numbers, const Charge& charge) {
  return {.allowed = numbers[0] == 1,
          .limit = charge.limit.units,
          .remaining = static_cast<std::uint32_t>(numbers[1]),
          .reset_after = Micros{numbers[3]},
          .retry_after = numbers[2] < 0 ? kNever : Micros{numbers[2]}};
}

std::int64_t time_of(const Clock& clock) {
  return clock.now().time_since_epoch().count();
}

}  // namespace

RedisStore::RedisStore(Options options, const Clock& clock, const Log& log)
    : options_(std::move(options)), clock_(clock) {
  redis::Client::Options client{.url = options_.url, .script = redis::kDecideScript};
  if (options_.script_goes_by_clock) {
    client.script_time = [this] { return time_of(clock_); };
  }
  client_ = std::make_unique<redis::Client>(std::move(client), system_clock_, log);
}

RedisStore::~RedisStore() = default;

bool RedisStore::connected() const {
  return client_->connected();
}

bool RedisStore::wait_until_connected(Micros timeout) const {
  return client_->wait_until_connected(timeout);
}

Result<std::string_view> RedisStore::decide(std::span<const Charge> charges, Mode mode,
                                            std::span<Decision> decisions) {
  assert(charges.size() == decisions.size() && charges.size() <= kMaxCharges);
  if (charges.empty()) {
    return kind();
  }
  const auto numbers = ask(charges, mode == Mode::kAcquire ? "acquire" : "peek");
  if (!numbers) {
    return fail_with(numbers.error());
  }
  const std::size_t each = numbers->size() / charges.size();
  for (std::size_t i = 0; i < charges.size(); ++i) {
    decisions[i] = decision_of(std::span(*numbers).subspan(i * each, each), charges[i]);
  }
  return kind();
}

Result<void> RedisStore::record(const Charge& charge) {
  const auto numbers = ask(std::span(&charge, 1), "force");
  return numbers ? Result<void>() : fail_with(numbers.error());
}

bool RedisStore::probe() {
  const Charge nothing{.bucket = {.owner = "probe", .rule = "probe"},
                       .limit = {.window = std::chrono::seconds{1}, .units = 1},
                       .cost = 0};
  return ask(std::span(&nothing, 1), "peek").has_value();
}

/// Sends the charges and waits for their numbers.
Result<std::vector<std::int64_t>> RedisStore::ask(std::span<const Charge> charges,
                                                  std::string_view mode) {
  const auto box = std::make_shared<Letterbox>();
  redis::Ask ask = ask_of(charges, mode, options_.prefix);
  ask.deadline = system_clock_.now() + options_.deadline;
  ask.done = [box](const Numbers& answer) {
    const std::lock_guard lock(box->mutex);
    box->answer = answer;
    box->arrived.notify_one();
  };
  const Instant deadline = ask.deadline;
  client_->submit(std::move(ask));

  std::unique_lock lock(box->mutex);
  if (!box->arrived.wait_until(lock, deadline, [&] { return box->answer.has_value(); })) {
    return fail("Redis did not answer in time");
  }
  return *box->answer;
}

}  // namespace rl
