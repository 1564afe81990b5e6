#include "rl/base/wakener.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <thread>

namespace {

bool can_be_read(const rl::Wakener& wakener, int milliseconds = 0) {
  pollfd waiting{.fd = wakener.descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, milliseconds) == 1;
}

}  // namespace

TEST_SUITE("base") {
  TEST_CASE("a wakener can be read from the first wake() until rest()") {
    const rl::Wakener wakener;
    REQUIRE(wakener.is_ready());
    CHECK_FALSE(can_be_read(wakener));
    wakener.rest();  // does not wait
    wakener.wake();
    wakener.wake();
    CHECK(can_be_read(wakener));
    wakener.rest();
    CHECK_FALSE(can_be_read(wakener));
  }

  TEST_CASE("a wakener wakes another thread") {
    const rl::Wakener wakener;
    std::jthread waking([&] { wakener.wake(); });
    CHECK(can_be_read(wakener, 3000));
  }
}
