#include "rl/http/seats.h"

#include <doctest/doctest.h>

#include <chrono>
#include <future>

using rl::http::Seats;

TEST_SUITE("http") {
  TEST_CASE("a worker that is at one turn for two looks loses its seat to another") {
    Seats seats(2, 1);
    REQUIRE(seats.sit(0));
    auto other = std::async(std::launch::async, [&] { return seats.sit(1); });
    seats.begin_turn(0);
    seats.look();
    CHECK(seats.end_turn(0));
    seats.begin_turn(0);  // another turn
    seats.look();
    CHECK(seats.end_turn(0));
    seats.begin_turn(0);
    seats.look();
    seats.look();
    const bool taken = other.wait_for(std::chrono::seconds{5}) == std::future_status::ready;
    seats.close();
    CHECK(taken);
    CHECK(other.get());
    CHECK_FALSE(seats.end_turn(0));
    CHECK_FALSE(seats.sit(0));
  }

  TEST_CASE("a worker that waits for a connection keeps its seat") {
    Seats seats(2, 1);
    REQUIRE(seats.sit(0));
    seats.begin_turn(0);
    CHECK(seats.end_turn(0));
    seats.look();
    seats.look();
    seats.begin_turn(0);
    CHECK(seats.end_turn(0));
  }

  TEST_CASE("all get a seat when there are as many as workers or when it is opened") {
    Seats seats(3, 0);
    for (std::size_t worker = 0; worker < 3; ++worker) {
      CHECK(seats.sit(worker));
    }
    CHECK(seats.timer() == -1);
    Seats few(3, 1);
    CHECK(few.timer() >= 0);
    few.open();
    for (std::size_t worker = 0; worker < 3; ++worker) {
      CHECK(few.sit(worker));
    }
  }
}
