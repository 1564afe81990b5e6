#include "rl/store/redis/refusal.h"

#include <doctest/doctest.h>

using rl::redis::Refusal;

TEST_SUITE("store") {
  TEST_CASE("an error of Redis tells whether the call surely did not run") {
    struct Row {
      const char* why;
      Refusal refusal;
    };
    const Row rows[] = {
        {"NOSCRIPT No matching script. Please use EVAL.", Refusal::kNoScript},
        {"LOADING Redis is loading the dataset in memory", Refusal::kNotNow},
        {"BUSY Redis is busy running a script.", Refusal::kNotNow},
        {"TRYAGAIN Multiple keys request during rehashing of slot", Refusal::kNotNow},
        {"CLUSTERDOWN Hash slot not served", Refusal::kNotNow},
        {"OOM allow-oom flag is not set on the script, can not run it when used memory > "
         "'maxmemory'",
         Refusal::kNotNow},
        {"NOREPLICAS Not enough good replicas to write.", Refusal::kNotNow},
        {"MISCONF Redis is configured to save RDB snapshots, but is unable to", Refusal::kNotNow},
        {"READONLY You can't write against a read only replica.", Refusal::kNotHere},
        {"MASTERDOWN Link with MASTER is down", Refusal::kNotHere},
        {"MOVED 3999 127.0.0.1:6381", Refusal::kNotHere},
        {"ASK 3999 127.0.0.1:6381", Refusal::kNotHere},
        {"BUSYGROUP Consumer Group name already exists", Refusal::kFailed},
        {"ERR unknown command", Refusal::kFailed},
        {"", Refusal::kFailed},
        // Raised by a command of the script, when others of it may have run.
        {"OOM command not allowed when used memory > 'maxmemory'. script: f00, on "
         "@user_script:46.",
         Refusal::kFailed},
    };
    for (const Row& row : rows) {
      CAPTURE(row.why);
      CHECK(rl::redis::refusal_of(row.why) == row.refusal);
    }
  }
}
