#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <thread>

#include "tests/fault/fleet.h"

using namespace std::chrono_literals;
using rl::Micros;
using rl::test::charge_of;
using rl::test::RedisServer;
using rl::test::saw;

namespace {

constexpr int kInstances = 8;
constexpr int kThreads = 64;  // of each instance
constexpr int kKeys = 100;
constexpr std::uint32_t kLimit = 20;
constexpr Micros kWindow = 2s;

/// How long the run lasts: 10 s, or as RL_CONSISTENCY_SECONDS says.
std::chrono::seconds duration() {
  const char* const wanted =
      std::getenv("RL_CONSISTENCY_SECONDS");  // NOLINT(concurrency-mt-unsafe)
  return std::chrono::seconds{wanted != nullptr ? std::atoi(wanted) : 10};
}

std::string owner_of(int key) {
  return "k:" + std::to_string(key);
}

/// What Redis holds now for all keys, in one step.
std::vector<std::string> read_all(rl::redis::Link& link, const rl::Clock& clock) {
  std::vector<std::string> words = {"MGET"};
  for (int key = 0; key < kKeys; ++key) {
    words.push_back("rl:1:{" + owner_of(key) + "}:t/test");
  }
  const std::vector<std::string_view> views(words.begin(), words.end());
  const auto reply = link.call(views, clock.now() + 30s);
  REQUIRE(reply.has_value());
  REQUIRE(reply->elements.size() == static_cast<std::size_t>(kKeys));
  std::vector<std::string> texts;
  for (const rl::redis::Reply& element : reply->elements) {
    texts.push_back(element.text);
  }
  return texts;
}

/// Every unit that Redis recorded for a key: its stamp, in µs of the server, and how often it was
/// seen. A stamp stays for a window at least, so looking more often than that misses none.
class Stamps {
 public:
  /// Reads what is there now ("P" and packed doubles, as decide.lua writes up to 128 stamps).
  void look(const std::string& text) {
    std::map<std::int64_t, int> now;
    for (std::size_t at = 1; at + 8 <= text.size(); at += 8) {
      double stamp = 0;
      std::memcpy(&stamp, text.data() + at, sizeof stamp);
      ++now[static_cast<std::int64_t>(stamp)];
    }
    for (const auto& [stamp, count] : now) {
      int& most = seen_[stamp];
      most = std::max(most, count);
    }
  }

  int total() const {
    int count = 0;
    for (const auto& entry : seen_) {
      count += entry.second;
    }
    return count;
  }

  /// The most units that are in any window.
  int most_in_a_window() const {
    int most = 0;
    for (auto first = seen_.begin(); first != seen_.end(); ++first) {
      int count = 0;
      for (auto at = first; at != seen_.end() && at->first < first->first + kWindow.count(); ++at) {
        count += at->second;
      }
      most = std::max(most, count);
    }
    return most;
  }

 private:
  std::map<std::int64_t, int> seen_;
};

}  // namespace

TEST_SUITE("fault") {
  TEST_CASE("eight instances with 64 threads each never exceed a limit and give all of it") {
    const RedisServer server;
    const rl::SystemClock clock;
    const rl::Log log(rl::LogLevel::kError);
    std::vector<std::unique_ptr<rl::RedisStore>> stores;
    for (int i = 0; i < kInstances; ++i) {
      stores.push_back(std::make_unique<rl::RedisStore>(
          rl::RedisStore::Options{.url = server.url(), .deadline = 10s}, clock, log));
      REQUIRE(stores.back()->wait_until_connected(10s));
    }
    const auto link = rl::redis::Link::open(server.url(), clock, 10s);
    REQUIRE(link.has_value());
    std::array<std::atomic<int>, kKeys> admitted{};
    std::atomic<int> failed{0};
    std::atomic<std::uint64_t> asked{0};
    std::array<Stamps, kKeys> stamps;
    Micros longest_look{};  ///< from one to the next
    rl::Instant last_look = clock.now();
    const auto look_at_all = [&] {
      const std::vector<std::string> texts = read_all(**link, clock);
      for (std::size_t key = 0; key < texts.size(); ++key) {
        stamps[key].look(texts[key]);
      }
      longest_look = std::max(longest_look, clock.now() - last_look);
      last_look = clock.now();
      std::this_thread::sleep_for(100ms);
    };
    std::array<std::atomic<std::int64_t>, kKeys> last_asked{};
    std::atomic<std::int64_t> longest_gap_us{0};  ///< in which a key was not asked for
    const rl::Instant begin = clock.now();
    const rl::Instant end = begin + duration();
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kInstances * kThreads; ++i) {
        threads.emplace_back([&, i] {
          for (int turn = 0; clock.now() < end; ++turn) {
            const int key = (i * 7 + turn) % kKeys;
            const std::string owner = owner_of(key);
            const rl::Charge charge = charge_of(owner, kLimit, kWindow);
            rl::Decision decision;
            const auto done = stores[static_cast<std::size_t>(i % kInstances)]->decide(
                std::span(&charge, 1), rl::Mode::kAcquire, std::span(&decision, 1));
            ++asked;
            const std::int64_t at = clock.now().time_since_epoch().count();
            const std::int64_t last = last_asked[static_cast<std::size_t>(key)].exchange(at);
            if (last != 0 && at - last > longest_gap_us) {
              longest_gap_us = at - last;
            }
            failed += done ? 0 : 1;
            admitted[static_cast<std::size_t>(key)] += done && decision.allowed ? 1 : 0;
            std::this_thread::sleep_for(20ms);
          }
        });
      }
      while (clock.now() < end) {
        look_at_all();
      }
    }
    look_at_all();
    const bool saw_all = longest_look < kWindow;  // otherwise a stamp may have come and gone
    int most = 0;
    int least = 1'000'000;
    int total = 0;
    for (int key = 0; key < kKeys; ++key) {
      Stamps& own = stamps[static_cast<std::size_t>(key)];
      const int told = admitted[static_cast<std::size_t>(key)];
      CHECK(own.total() <= told);
      if (saw_all) {
        CHECK(own.total() == told);  // what was told is what is recorded, to the unit
      }
      most = std::max(most, own.most_in_a_window());
      least = std::min(least, told);
      total += told;
    }
    const int promised = static_cast<int>(kLimit) * static_cast<int>(duration() / kWindow);
    std::uint64_t calls = 0;
    for (const auto& store : stores) {
      calls += store->shared_stats().calls;
    }
    saw("{} decisions in {} s, {} calls to Redis, {} admitted; most in a window {} of {}; each key "
        "at least {}, promised {}; asked for at least every {} ms, looked at every {} ms",
        asked.load(), duration().count(), calls, total, most, kLimit, least, promised,
        longest_gap_us / 1000, longest_look / 1ms);
    CHECK(failed == 0);
    CHECK(most == static_cast<int>(kLimit));
    if (longest_gap_us < 100'000) {  // otherwise units were free and nobody asked for them
      CHECK(least >= promised);
    }
  }
}
