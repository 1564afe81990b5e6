// What the client of the shared store does with one connection: checks a second and the processor
// time of Redis for each, calls for a denied caller, and bytes of a counter. Prints "name value"
// lines for scripts/bench-redis.
//   bench_redis SOCKET
#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "rl/redis/link.h"
#include "rl/store/redis/client.h"
#include "rl/store/redis/redis_store.h"
#include "rl/store/redis/script.h"

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kKeys = 10'000;
constexpr std::uint32_t kLimit = 20;
constexpr int kWindowOfAsks = 512;  // under way at a time
constexpr rl::Micros kRun = 3s;

/// One command and its reply.
rl::redis::Reply call(rl::redis::Link& link, const std::vector<std::string>& words) {
  const rl::SystemClock clock;
  const std::vector<std::string_view> views(words.begin(), words.end());
  auto reply = link.call(views, clock.now() + 10s);
  if (!reply) {
    fmt::print(stderr, "bench_redis: {}\n", reply.error().message);
    std::exit(1);
  }
  return std::move(*reply);
}

double field(const std::string& info, const std::string& name) {
  const std::size_t at = info.find(name + ":");
  return at == std::string::npos ? 0 : std::stod(info.substr(at + name.size() + 1));
}

/// Processor time of the thread of Redis that runs scripts, in µs.
double cpu_us(rl::redis::Link& link) {
  const std::string info = call(link, {"INFO", "cpu"}).text;
  return 1e6 * (field(info, "used_cpu_user_main_thread") + field(info, "used_cpu_sys_main_thread"));
}

rl::redis::Ask ask_for(const std::string& key, std::uint32_t units, rl::Micros window,
                       std::uint32_t cost = 1) {
  rl::redis::Ask ask{.hash = std::hash<std::string>()(key)};
  ask.buckets.emplace_back(
      key, rl::redis::AskedBucket::Terms{
               .limit = {.window = window, .units = units, .base = units, .degraded = units},
               .cost = cost});
  return ask;
}

/// So many checks of so many callers in turn.
struct Checks {
  std::string name;
  std::uint32_t units;  ///< the limit of each caller
  std::uint64_t keys;
  std::uint64_t count;
};

/// Keeps a number of checks under way until all are answered.
void run_checks(rl::redis::Client& client, rl::redis::Link& link, const Checks& checks) {
  const auto& [name, units, keys, checks_count] = checks;
  const rl::SystemClock clock;
  std::atomic<int> open{0};
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> failed{0};
  const auto before = client.stats();
  const double cpu = cpu_us(link);
  const rl::Instant begin = clock.now();
  for (std::uint64_t i = 0; i < checks_count; ++i) {
    while (open.load(std::memory_order_relaxed) >= kWindowOfAsks) {
      std::this_thread::yield();
    }
    rl::redis::Ask ask = ask_for(fmt::format("rl:1:{{k:{}}}:t/1m", i * 7919 % keys), units, 600s);
    ask.deadline = clock.now() + 2s;
    ask.done = [&](const rl::redis::Ask::Answer& answer) {
      (answer ? answered : failed).fetch_add(1, std::memory_order_relaxed);
      open.fetch_sub(1, std::memory_order_relaxed);
    };
    open.fetch_add(1, std::memory_order_relaxed);
    client.submit(std::move(ask));
  }
  while (open.load() > 0) {
    std::this_thread::yield();
  }
  const auto seconds = std::chrono::duration<double>(clock.now() - begin).count();
  const auto stats = client.stats();
  const double count = static_cast<double>(answered.load());
  fmt::print("{}_per_second {:.0f}\n", name, count / seconds);
  fmt::print("{}_cpu_us {:.2f}\n", name, (cpu_us(link) - cpu) / count);
  fmt::print("{}_asks_per_call {:.1f}\n", name,
             static_cast<double>(stats.asks - before.asks) /
                 static_cast<double>(stats.calls - before.calls));
  fmt::print("{}_failed {}\n", name, failed.load());
}

/// The same script without batches, as `redis-benchmark -P 1 -c 16` would: 16 connections on one
/// thread, a check at a time on each. That program itself cannot: it cuts a word at a zero byte,
/// and a charge has some.
class Unbatched {
 public:
  Unbatched(const rl::RedisUrl& url, std::string script) : script_(std::move(script)) {
    const rl::SystemClock clock;
    for (std::size_t i = 0; i < links_.size(); ++i) {
      auto link = rl::redis::Link::open(url, clock, 5s);
      if (!link) {
        fmt::print(stderr, "bench_redis: there is no Redis at {}\n", url.socket);
        std::exit(1);
      }
      links_[i] = std::move(*link);
      polls_[i] = {.fd = links_[i]->socket(), .events = POLLIN, .revents = 0};
    }
    rl::redis::Ask ask = ask_for("", kLimit, 600s);
    one_.add(ask);
    one_.tell(words_, std::nullopt, time_);
  }

  void run(std::uint64_t checks) {
    const rl::SystemClock clock;
    const rl::Instant begin = clock.now();
    for (const auto& link : links_) {
      send(*link);
    }
    while (answered_ < checks) {
      ::poll(polls_.data(), polls_.size(), -1);
      for (std::size_t i = 0; i < links_.size(); ++i) {
        if (polls_[i].revents != 0) {
          receive(*links_[i]);
        }
      }
    }
    const auto seconds = std::chrono::duration<double>(clock.now() - begin).count();
    fmt::print("unbatched_per_second {:.0f}\n", static_cast<double>(checks) / seconds);
  }

 private:
  void send(rl::redis::Link& link) {
    const std::string key = fmt::format("rl:1:{{k:{}}}:t/1m", sent_++ * 7919 % kKeys);
    words_[kKeyAt] = key;
    link.queue(words_);
    check(link.write().has_value());
  }

  void receive(rl::redis::Link& link) {
    check(link.read().has_value());
    const auto reply = link.next();
    check(reply.has_value());
    if (*reply) {
      check((*reply)->integers.size() == 5);
      ++answered_;
      send(link);
    }
  }

  static constexpr std::size_t kKeyAt = 3;  ///< among the words

  static void check(bool good) {
    if (!good) {
      fmt::print(stderr, "bench_redis: a check without a batch failed\n");
      std::exit(1);
    }
  }

  const std::string script_;
  const std::string time_ = "0";
  rl::redis::Batch one_;
  std::vector<std::string_view> words_ = {"EVALSHA", script_};  ///< the others are those of one_
  std::array<std::unique_ptr<rl::redis::Link>, 16> links_;
  std::array<pollfd, 16> polls_{};
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
};

void denied_caller(const rl::RedisUrl& url, const rl::Log& log) {
  const rl::SystemClock clock;
  rl::RedisStore store({.url = url, .prefix = "denied:", .deadline = 1s}, clock, log);
  store.wait_until_connected(5s);
  const rl::Charge charge{.bucket = {.owner = "k:1", .rule = "t"},
                          .limit = {.window = 1s, .units = 1, .base = 1, .degraded = 1}};
  int denied = 0;
  int admitted = 0;
  const rl::Instant begin = clock.now();
  while (clock.now() - begin < kRun) {
    rl::Decision decision;
    if (store.decide(std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1))) {
      ++(decision.allowed ? admitted : denied);
    }
  }
  const auto shared = store.shared_stats();
  fmt::print("denied_requests {}\n", denied);
  fmt::print("denied_calls_per_period {:.2f}\n",
             static_cast<double>(shared.calls - static_cast<std::uint64_t>(admitted)) / admitted);
}

void bytes(rl::redis::Client& client, rl::redis::Link& link) {
  const rl::SystemClock clock;
  for (const std::uint32_t units : {2U, 20U, 100U, 1000U}) {
    const std::string key = fmt::format("rl:1:{{k:{}}}:t/1m", 100'000 + units);
    for (std::uint32_t i = 0; i < units; ++i) {
      std::atomic<bool> done{false};
      rl::redis::Ask ask = ask_for(key, units, 600s);
      ask.deadline = clock.now() + 1s;
      ask.done = [&](const rl::redis::Ask::Answer&) { done = true; };
      client.submit(std::move(ask));
      while (!done) {
        std::this_thread::yield();
      }
    }
    fmt::print("bytes_{} {}\n", units, call(link, {"MEMORY", "USAGE", key}).integer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: bench_redis SOCKET\n");
    return 2;
  }
  const rl::SystemClock clock;
  const rl::Log log(rl::LogLevel::kError);
  rl::RedisUrl url;
  url.socket = argv[1];
  rl::redis::Client client({.url = url, .script = rl::redis::kDecideScript}, clock, log);
  const auto link = rl::redis::Link::open(url, clock, 5s);
  if (!client.wait_until_connected(5s) || !link) {
    fmt::print(stderr, "bench_redis: there is no Redis at {}\n", url.socket);
    return 1;
  }
  const std::string script = call(**link, {"SCRIPT", "LOAD", rl::redis::kDecideScript}).text;

  constexpr std::uint64_t kAll = kLimit * kKeys;
  Unbatched(url, script).run(kAll);
  call(**link, {"FLUSHALL"});
  run_checks(client, **link, {.name = "spread", .units = kLimit, .keys = kKeys, .count = kAll});
  run_checks(client, **link, {.name = "full", .units = kLimit, .keys = kKeys, .count = kAll});
  call(**link, {"FLUSHALL"});
  run_checks(client, **link, {.name = "hot", .units = 1'000'000, .keys = 1, .count = kAll});
  denied_caller(url, log);
  bytes(client, **link);
  return 0;
}
