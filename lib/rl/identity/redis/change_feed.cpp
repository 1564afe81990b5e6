#include "rl/identity/redis/change_feed.h"

#include <fmt/core.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <utility>

namespace rl::redis {
namespace {

constexpr Micros kConnectTimeout = std::chrono::milliseconds{500};
constexpr Micros kPatience = std::chrono::milliseconds{500};  // beyond the wait that was asked for
constexpr int kPauseMilliseconds = 100;                       // between attempts to connect
constexpr std::string_view kWaitMilliseconds = "250";
constexpr Micros kWait = std::chrono::milliseconds{250};

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

ChangeFeed::ChangeFeed(Options options, const Clock& clock, ChangeMarks& marks, const Log& log)
    : options_(std::move(options)),
      clock_(clock),
      marks_(marks),
      log_(log),
      changes_(options_.prefix + "changes"),
      ids_(options_.prefix + "ids"),
      heard_at_(clock.now()),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void ChangeFeed::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (link_ == nullptr && !connect()) {
      distrust();
      ::poll(nullptr, 0, kPauseMilliseconds);
      continue;
    }
    if (!follow()) {
      link_.reset();
    }
  }
}

bool ChangeFeed::connect() {
  auto link = Link::open(options_.url, clock_, kConnectTimeout);
  if (!link) {
    return false;
  }
  link_ = std::move(*link);
  if (!check_last()) {
    link_.reset();
    return false;
  }
  if (std::exchange(told_, false)) {
    log_.info("the users can be read again", {{"redis", options_.url.to_string()}});
  }
  return true;
}

bool ChangeFeed::check_last() {
  const std::array<std::string_view, 3> words = {"HGET", ids_, "change"};
  const auto last = link_->call(words, clock_.now() + kPatience);
  if (!last) {
    return false;
  }
  heard_at_ = clock_.now();
  const std::uint64_t number = number_of(last->text);
  // Fewer than were seen: this Redis is not what it was. The first time there is nothing yet that
  // could have been missed, and nothing remembered.
  if (!knows_seen_ || number < seen_) {
    forget_all();
    seen_ = number;
    knows_seen_ = true;
  }
  return true;
}

bool ChangeFeed::follow() {
  const std::string after = fmt::format("{}-0", seen_);
  const std::array<std::string_view, 8> words = {"XREAD",           "COUNT",   "1000",   "BLOCK",
                                                 kWaitMilliseconds, "STREAMS", changes_, after};
  const auto news = link_->call(words, clock_.now() + kWait + kPatience);
  if (!news) {
    return false;
  }
  heard_at_ = clock_.now();
  if (news->kind == Reply::Kind::kNothing) {
    return check_last();
  }
  // An array of streams, each its name and an array of entries.
  if (news->elements.size() != 1 || news->elements[0].elements.size() != 2) {
    return false;
  }
  for (const Reply& entry : news->elements[0].elements[1].elements) {
    if (!apply(entry)) {
      return false;
    }
  }
  return true;
}

/// An entry is its number, "N-0", and an array of "user" or "digest" and which.
bool ChangeFeed::apply(const Reply& entry) {
  if (entry.elements.size() != 2 || entry.elements[1].elements.size() != 2) {
    return false;
  }
  const std::uint64_t number = number_of(entry.elements[0].text);
  if (number != seen_ + 1) {
    forget_all();  // some left the list before they were read
  }
  seen_ = number;
  const std::string& kind = entry.elements[1].elements[0].text;
  const std::string& value = entry.elements[1].elements[1].text;
  if (kind == "user") {
    marks_.user_changed(number_of(value));
  } else if (const auto digest = parse_digest(value); kind == "digest" && digest) {
    marks_.digest_changed(*digest);
  } else {
    forget_all();  // written by a newer program
  }
  return true;
}

void ChangeFeed::forget_all() {
  marks_.everything_changed();
}

void ChangeFeed::distrust() {
  const Micros silent = clock_.now() - heard_at_;
  if (silent > kPatience && !std::exchange(told_, true)) {
    log_.warn("the users cannot be read: keys that are remembered go on, others get 503",
              {{"redis", options_.url.to_string()}});
  }
  if (silent > options_.trusted_for) {
    forget_all();
  }
}

}  // namespace rl::redis
