#include "rl/store/redis/ask_queue.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using rl::Instant;
using rl::redis::Ask;
using rl::redis::AskQueue;
using rl::redis::Batch;

namespace {

Ask ask_until(Instant deadline, const std::string& key = "a") {
  Ask ask{.deadline = deadline};
  ask.buckets.emplace_back(key,
                           rl::redis::AskedBucket::Terms{.limit = {.window = 1s, .units = 20}});
  ask.done = [](const Ask::Answer&) {};
  return ask;
}

std::vector<Instant> deadlines_of(const std::vector<Ask>& asks) {
  std::vector<Instant> deadlines;
  for (const Ask& ask : asks) {
    deadlines.push_back(ask.deadline);
  }
  return deadlines;
}

}  // namespace

TEST_SUITE("store") {
  TEST_CASE("what is late leaves the queue wherever it stands, and the rest keeps its order") {
    AskQueue queue;
    for (const Instant deadline : {Instant{9s}, Instant{2s}, Instant{7s}, Instant{1s}}) {
      queue.push(ask_until(deadline));
    }
    queue.push_before_all(ask_until(Instant{8s}));
    CHECK(queue.first_deadline() == Instant{1s});
    CHECK(queue.take_late(Instant{1s}).empty());
    CHECK(deadlines_of(queue.take_late(Instant{3s})) == std::vector{Instant{2s}, Instant{1s}});
    CHECK(queue.first_deadline() == Instant{7s});
    CHECK(deadlines_of(queue.take_all()) == std::vector{Instant{8s}, Instant{9s}, Instant{7s}});
    CHECK(queue.empty());
    CHECK(queue.first_deadline() == Instant::max());
  }

  TEST_CASE("a batch takes from the front what it has room for") {
    AskQueue queue;
    for (std::size_t i = 0; i < Batch::kMostBuckets + 2; ++i) {
      queue.push(ask_until(Instant{1s}, std::to_string(i)));
    }
    Batch batch;
    queue.fill(batch);
    CHECK(batch.buckets() == Batch::kMostBuckets);
    CHECK(queue.size() == 2);
    CHECK(queue.take_late(Instant{9999s}).size() == 2);
  }
}
