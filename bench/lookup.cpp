// What it costs to find the caller of an API key among 100,000 users with 200,000 keys:
//   build/bench/bin/bench_lookup
// "cached" is held against "reference" of the same run: SHA-256 of the key and one look into an
// std::unordered_map, with no lock, no expiry and nothing that is ever forgotten. Prints how long
// the database took to open and what memory the process has, then the lookups.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "rl/base/random.h"
#include "rl/identity/api_key.h"
#include "rl/identity/directory_identity.h"
#include "rl/identity/sqlite/sqlite_directory.h"
#include "tests/support/temporary_directory.h"

namespace {

constexpr std::size_t kUsers = 100'000;
constexpr std::size_t kKeysEach = 2;
constexpr std::size_t kHot = 1000;  // keys that are asked for again and again

std::size_t resident_kib() {
  std::ifstream status("/proc/self/statm");
  std::size_t pages = 0;
  status >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

/// The file is filled in one transaction: made through the directory, each user would wait for the
/// disk.
std::vector<std::string> fill(const std::string& path, const rl::Clock& clock) {
  rl::SqliteDirectory::open(path, clock).value();  // makes the tables
  const auto database = rl::Database::open(path).value();
  rl::SeededRandom random(1);
  std::vector<std::string> keys;
  rl::Change change(*database);
  for (std::uint64_t user = 1; user <= kUsers; ++user) {
    rl::Query(*database, "INSERT INTO users VALUES (?1, ?2, 'pro', 1, 0)", user,
              fmt::format("user {}", user))
        .run();
    for (std::size_t i = 0; i < kKeysEach; ++i) {
      keys.push_back(rl::make_api_key(random));
      const rl::ApiKeyHint hint = rl::hint_of(keys.back());
      const std::uint64_t id = keys.size();
      rl::Query(*database, "INSERT INTO keys (id, user_id, name, created) VALUES (?1, ?2, '', 0)",
                id, user)
          .run();
      rl::Query(*database,
                "INSERT INTO secrets (digest, key_id, prefix, last_four, created)"
                " VALUES (?1, ?2, ?3, ?4, 0)",
                rl::sha256(keys.back()), id, hint.prefix, hint.last_four)
          .run();
    }
  }
  if (!change.commit()) {
    fmt::print(stderr, "cannot fill {}: {}\n", path, database->fault()->message);
  }
  return keys;
}

struct World {
  World() : keys(fill(directory.path() + "/rl.db", clock)) {
    const std::size_t before_kib = resident_kib();
    const rl::Instant begin = clock.now();
    users = rl::SqliteDirectory::open(directory.path() + "/rl.db", clock).value();
    const auto took = clock.now() - begin;
    fmt::print("{} users, {} keys: opened in {} us, {} KiB more memory\n", kUsers, keys.size(),
               took.count(), resident_kib() - before_kib);
  }

  rl::SystemClock clock;
  rl::test::TemporaryDirectory directory;
  std::vector<std::string> keys;
  std::unique_ptr<rl::SqliteDirectory> users;
};

World& world() {
  static World the_world;
  return the_world;
}

void cached(benchmark::State& state) {
  const rl::DirectoryIdentity identity(*world().users, world().clock);
  for (std::size_t i = 0; i < kHot; ++i) {
    benchmark::DoNotOptimize(identity.find_key(world().keys[i]));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const auto caller = identity.find_key(world().keys[next]);
    if (!caller || !*caller) {
      state.SkipWithError("a key was not found");
    }
    next = (next + 1) % kHot;
  }
}
BENCHMARK(cached);

struct FirstBytes {
  std::size_t operator()(const rl::Digest& digest) const {
    std::size_t bytes = 0;
    std::memcpy(&bytes, digest.data(), sizeof bytes);
    return bytes;
  }
};

void reference(benchmark::State& state) {
  std::unordered_map<rl::Digest, rl::Caller, FirstBytes> callers;
  for (std::size_t i = 0; i < kHot; ++i) {
    const rl::Digest digest = rl::sha256(world().keys[i]);
    callers[digest] = rl::caller_of(**world().users->match(digest));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const auto found = callers.find(rl::sha256(world().keys[next]));
    if (found == callers.end()) {
      state.SkipWithError("a key was not found");
    }
    benchmark::DoNotOptimize(found);
    next = (next + 1) % kHot;
  }
}
BENCHMARK(reference);

void sha256_alone(benchmark::State& state) {
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(rl::sha256(world().keys[next]));
    next = (next + 1) % kHot;
  }
}
BENCHMARK(sha256_alone);

void uncached(benchmark::State& state) {
  rl::SeededRandom random(2);
  for (auto _ : state) {
    const std::string& key = world().keys[random.below(world().keys.size())];
    if (!world().users->match(rl::sha256(key)).value()) {
      state.SkipWithError("a key was not found");
    }
  }
}
BENCHMARK(uncached);

void refused_by_its_checksum(benchmark::State& state) {
  const rl::DirectoryIdentity identity(*world().users, world().clock);
  std::string key = world().keys.front();
  key.back() = key.back() == 'a' ? 'b' : 'a';
  for (auto _ : state) {
    benchmark::DoNotOptimize(identity.find_key(key));
  }
}
BENCHMARK(refused_by_its_checksum);

}  // namespace

BENCHMARK_MAIN();
