#include "rl/store/redis/batch.h"

#include <doctest/doctest.h>

#include <utility>

#include "rl/store/redis/server_time.h"

using namespace std::chrono_literals;
using rl::Decision;
using rl::Instant;
using rl::redis::Ask;
using rl::redis::Batch;

namespace {

/// Asks, and what came of them.
class Asks {
 public:
  Ask make(const std::vector<std::string>& keys, Instant deadline = Instant{10s},
           std::uint32_t cost = 1, bool enforce = true) {
    Ask ask{.deadline = deadline};
    for (const std::string& key : keys) {
      ask.buckets.emplace_back(
          key, rl::redis::AskedBucket::Terms{
                   .limit = {.window = 60s, .units = 20}, .cost = cost, .enforce = enforce});
    }
    const std::size_t number = answers.size();
    answers.emplace_back();
    ask.done = [this, number](const Ask::Answer& answer) {
      if (answer) {
        answers[number].assign(answer->begin(), answer->end());
      } else {
        failures.push_back(number);
      }
    };
    return ask;
  }

  void add(Batch& batch, const std::vector<std::string>& keys) {
    Ask ask = make(keys);
    REQUIRE(batch.add(ask));
  }

  std::vector<std::vector<Decision>> answers;
  std::vector<std::size_t> failures;
};

std::vector<std::string> told(Batch& batch) {
  std::vector<std::string_view> words;
  const std::string time = "0";
  batch.tell(words, rl::Micros{5s}, time);
  return {words.begin(), words.end()};
}

constexpr std::size_t kTimesAt = 3;  // in terms
constexpr std::size_t kChargeSize = 6;
constexpr std::size_t kTermsAt = 2;  // in a charge

double number_at(const std::string& bytes, std::size_t at) {
  double number = 0;
  bytes.copy(reinterpret_cast<char*>(&number), sizeof number, at);
  return number;
}

}  // namespace

TEST_SUITE("store") {
  TEST_CASE("asks for the same are one group, and the first of them get what there is") {
    Asks asks;
    Batch batch;
    for (int i = 0; i < 4; ++i) {
      asks.add(batch, {"a"});
    }
    CHECK(batch.asks() == 4);
    CHECK(batch.buckets() == 1);
    const auto words = told(batch);
    REQUIRE(words.size() == 6);  // and the time, deadlines, terms, charges
    CHECK(words[0] == "1");
    CHECK(words[1] == "a");
    CHECK(words[3][0] == 1);  // keys with a short state
    CHECK(words[4][kTimesAt] == 4);
    // Counted three times; nothing is left, and the fourth has to wait.
    std::vector<Ask> again;
    REQUIRE(batch.answer(std::vector<std::int64_t>{1, 3, 0, 700, 500}, Instant{1s}, again));
    for (std::uint32_t i = 0; i < 3; ++i) {
      CHECK(asks.answers[i][0].allowed);
      CHECK(asks.answers[i][0].remaining == 2 - i);
      CHECK(asks.answers[i][0].retry_after == 0s);
      CHECK(asks.answers[i][0].reset_after == 500us);
    }
    CHECK_FALSE(asks.answers[3][0].allowed);
    CHECK(asks.answers[3][0].retry_after == 700us);
    CHECK(asks.answers[3][0].limit == 20);
  }

  TEST_CASE("what differs in anything is a group of its own") {
    Asks asks;
    Batch batch;
    asks.add(batch, {"a"});
    asks.add(batch, {"b"});
    asks.add(batch, {"a", "b"});
    Ask dearer = asks.make({"a"}, Instant{10s}, 2);
    Ask shadow = asks.make({"a"}, Instant{10s}, 1, false);
    Ask second_shadow = asks.make({"a"}, Instant{10s}, 1, false);
    Ask peek = asks.make({"a"});
    peek.purpose = rl::redis::Purpose::kPeek;
    for (Ask* const ask : {&dearer, &shadow, &second_shadow, &peek}) {
      REQUIRE(batch.add(*ask));
    }
    CHECK(batch.buckets() == 8);
  }

  TEST_CASE("a key and terms are told once, and no two charges of a group share their terms") {
    Asks asks;
    Batch batch;
    asks.add(batch, {"a", "b"});
    asks.add(batch, {"b"});
    asks.add(batch, {"c"});
    const auto words = told(batch);
    REQUIRE(words.size() == 8);
    CHECK(std::vector(words.begin(), words.begin() + 4) ==
          std::vector<std::string>{"3", "a", "b", "c"});
    CHECK(words[6].size() == 2 * rl::redis::AskedBucket::kSize);
    const std::string& charges = words[7];
    REQUIRE(charges.size() == 4 * kChargeSize);
    const std::vector<std::pair<int, int>> expected = {{1, 1}, {2, 2}, {2, 1}, {3, 1}};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CAPTURE(i);
      CHECK(charges[i * kChargeSize] == expected[i].first);  // key
      CHECK(charges[i * kChargeSize + kTermsAt] == expected[i].second);
    }
  }

  TEST_CASE("keys whose state may be long stand behind the others") {
    Batch batch;
    Ask ask{.deadline = Instant{10s}};
    const auto add = [&](const std::string& key, const rl::Limit& limit) {
      ask.buckets.emplace_back(key, rl::redis::AskedBucket::Terms{.limit = limit});
    };
    add("long", {.window = 60s, .units = 20, .base = 129});
    add("short", {.window = 60s, .units = 20, .base = 128});
    add("counts", {.algorithm = rl::Algorithm::kTokenBucket, .window = 60s, .units = 1000});
    REQUIRE(batch.add(ask));
    const auto words = told(batch);
    REQUIRE(words.size() == 8);
    CHECK(std::vector(words.begin() + 1, words.begin() + 4) ==
          std::vector<std::string>{"short", "counts", "long"});
    CHECK(words[5][0] == 2);  // keys with a short state
  }

  TEST_CASE("a call has at most 64 buckets, and a group is never torn") {
    Asks asks;
    Batch batch;
    for (int i = 0; i < 21; ++i) {
      const std::string name = std::to_string(i);
      asks.add(batch, {"a" + name, "b" + name, "c" + name});
    }
    Ask one_too_many = asks.make({"x", "y"});
    CHECK_FALSE(batch.add(one_too_many));
    CHECK(one_too_many.buckets.size() == 2);
    Ask fits = asks.make({"x"});
    CHECK(batch.add(fits));
    Ask same = asks.make({"x"});
    CHECK(batch.add(same));
    CHECK(batch.buckets() == Batch::kMostBuckets);
  }

  TEST_CASE("the script is told the earliest deadline of a group in the server's time") {
    Asks asks;
    Batch batch;
    Ask late = asks.make({"a"}, Instant{9s});
    Ask early = asks.make({"a"}, Instant{8s});
    REQUIRE(batch.add(late));
    REQUIRE(batch.add(early));
    Ask other = asks.make({"b"}, Instant{9s});
    REQUIRE(batch.add(other));
    const auto words = told(batch);
    REQUIRE(words.size() == 7);
    REQUIRE(words[4].size() == 26);
    CHECK(number_at(words[4], 2) == 13e6);  // the first of all
    CHECK(number_at(words[4], 10) == 13e6);
    CHECK(number_at(words[4], 18) == 14e6);
    CHECK(batch.last_deadline() == Instant{9s});
  }

  TEST_CASE("what Redis found too late is asked again once while there is time") {
    Asks asks;
    Batch batch;
    asks.add(batch, {"a"});
    std::vector<Ask> again;
    const std::vector<std::int64_t> too_late = {1, -1, 0, 0, 0};
    REQUIRE(batch.answer(too_late, Instant{1s}, again));
    REQUIRE(again.size() == 1);
    CHECK(asks.failures.empty());
    REQUIRE(batch.add(again.front()) == true);
    again.clear();
    Batch second;
    Ask retried = asks.make({"a"});
    retried.sent_again = true;
    REQUIRE(second.add(retried));
    REQUIRE(second.answer(too_late, Instant{1s}, again));
    CHECK(again.empty());
    CHECK(asks.failures == std::vector<std::size_t>{1});
    Batch third;
    Ask expired = asks.make({"a"}, Instant{1s});
    REQUIRE(third.add(expired));
    REQUIRE(third.answer(too_late, Instant{2s}, again));
    CHECK(again.empty());
  }

  TEST_CASE("who no longer waits is taken out, and the others get what they would have got") {
    Asks asks;
    Batch batch;
    for (const Instant deadline : {Instant{3s}, Instant{1s}, Instant{2s}}) {
      Ask ask = asks.make({"a"}, deadline);
      REQUIRE(batch.add(ask));
    }
    CHECK(batch.take_late(Instant{1s}).empty());
    const auto late = batch.take_late(Instant{1s} + 1us);
    REQUIRE(late.size() == 1);
    late.front().done(rl::fail("late"));
    CHECK(asks.failures == std::vector<std::size_t>{1});
    CHECK(batch.first_deadline() == Instant{2s});
    CHECK(batch.asks() == 3);  // as Redis was told
    std::vector<Ask> again;
    REQUIRE(batch.answer(std::vector<std::int64_t>{1, 2, 0, 700, 500}, Instant{1s}, again));
    CHECK(asks.answers[0][0].allowed);
    CHECK(asks.answers[1].empty());
    CHECK_FALSE(asks.answers[2][0].allowed);  // the second of two places went to who has left
    CHECK(asks.failures.size() == 1);
  }

  TEST_CASE("who was taken out as late is not asked again") {
    Asks asks;
    Batch batch;
    Ask early = asks.make({"a"}, Instant{1s});
    Ask late = asks.make({"a"}, Instant{9s});
    REQUIRE(batch.add(early));
    REQUIRE(batch.add(late));
    REQUIRE(batch.take_late(Instant{2s}).size() == 1);
    CHECK(batch.take().size() == 1);
    CHECK(batch.take_late(Instant{2s}).empty());
  }

  TEST_CASE("a reply of another length is no reply to the batch") {
    Asks asks;
    Batch batch;
    asks.add(batch, {"a"});
    std::vector<Ask> again;
    CHECK_FALSE(batch.answer(std::vector<std::int64_t>{1, 1, 0, 0}, Instant{1s}, again));
    CHECK(batch.take().size() == 1);
  }

  TEST_CASE("the time of the server is at least what each reply of the last second said") {
    rl::redis::ServerTime time;
    CHECK_FALSE(time.ahead().has_value());
    time.heard(100'000'000, Instant{10s});
    time.heard(100'400'000, Instant{11s} - 500ms);  // 100 ms under way
    CHECK(time.ahead() == 90s);
    time.heard(70'000'000, Instant{13s});  // set back by half a minute
    CHECK(time.ahead() == 90s);
    time.heard(72'100'000, Instant{15s} + 100ms);
    CHECK(time.ahead() == 57s);
  }
}
