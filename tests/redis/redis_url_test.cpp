#include "rl/redis/redis_url.h"

#include <doctest/doctest.h>

TEST_SUITE("redis") {
  TEST_CASE("a Redis URL names host and port and login and database") {
    struct Row {
      std::string text;
      std::string host;
      int port;
      std::string user;
      std::string password;
      unsigned database;
    };
    const Row rows[] = {
        {"redis://localhost", "localhost", 6379, "", "", 0},
        {"redis://10.0.0.1:7000", "10.0.0.1", 7000, "", "", 0},
        {"redis://[::1]:7000/2", "::1", 7000, "", "", 2},
        {"redis://[::1]", "::1", 6379, "", "", 0},
        {"redis://:secret@h:1/", "h", 1, "", "secret", 0},
        {"redis://anna:p%40ss%2Fword@h/15", "h", 6379, "anna", "p@ss/word", 15},
    };
    for (const Row& row : rows) {
      CAPTURE(row.text);
      const auto url = rl::parse_redis_url(row.text);
      REQUIRE(url.has_value());
      CHECK(url->host == row.host);
      CHECK(url->port == row.port);
      CHECK(url->user == row.user);
      CHECK(url->password == row.password);
      CHECK(url->database == row.database);
      CHECK(url->socket.empty());
      CHECK(url->to_string().find("secret") == std::string::npos);
    }
  }

  TEST_CASE("a Redis URL can name a unix socket") {
    const auto url = rl::parse_redis_url("unix://:secret@/run/redis.sock?db=3");
    REQUIRE(url.has_value());
    CHECK(url->socket == "/run/redis.sock");
    CHECK(url->password == "secret");
    CHECK(url->database == 3);
    CHECK(url->to_string() == "unix:///run/redis.sock database 3");
  }

  TEST_CASE("a Redis URL can ask for TLS and name the authorities to trust") {
    const auto url = rl::parse_redis_url("rediss://:secret@h:6380/2?ca=/etc/my%20ca.pem");
    REQUIRE(url.has_value());
    CHECK(url->tls);
    CHECK(url->host == "h");
    CHECK(url->port == 6380);
    CHECK(url->database == 2);
    CHECK(url->ca_file == "/etc/my ca.pem");
    CHECK(url->to_string() == "rediss://h:6380 database 2");
    CHECK(rl::parse_redis_url("rediss://h")->ca_file.empty());
    CHECK_FALSE(rl::parse_redis_url("redis://h")->tls);
  }

  TEST_CASE("a wrong Redis URL is told without its password") {
    for (const std::string text : {"",
                                   "localhost:6379",
                                   "http://h",
                                   "redis://",
                                   "redis://h:x",
                                   "redis://h:0",
                                   "redis://h:65536",
                                   "redis://h/x",
                                   "redis://h/-1",
                                   "redis://secret@h",
                                   "redis://a:@h",
                                   "redis://a:%zzsecret@h",
                                   "redis://a:secret%4@h",
                                   "unix://run/redis.sock",
                                   "unix://",
                                   "unix:///s?db=x",
                                   "rediss://:secret@",
                                   "rediss://:secret@h?ca=",
                                   "rediss://h?ca=%zz",
                                   "redis://h?ca=/f"}) {
      CAPTURE(text);
      const auto url = rl::parse_redis_url(text);
      REQUIRE_FALSE(url.has_value());
      CHECK(url.error().message.find("secret") == std::string::npos);
      CHECK_FALSE(url.error().hint.empty());
    }
  }
}
