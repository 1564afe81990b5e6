// A rlserver that breaks a promise: `rlload demo --rlserver` must notice. The fault is named by the
// variable FAULT; with "none" it keeps its promises. Its limits are those of a tiers file with
// burst 10 and degraded 4 for all tiers.
#include <signal.h>

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "rl/base/file.h"
#include "tests/load/fake_server.h"

namespace {

const std::map<std::string_view, rl::test::FakeFaults> kFaults = {
    {"none", {}},
    {"over-admits", {.admit_more = 1}},
    {"denies early", {.admit_more = -1}},
    {"fails", {.fail_every = 5}},
    {"no Retry-After", {.forget_retry_after = true}},
    {"stays NORMAL", {.ignore_switch = true}},
};

std::string flag_value(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == flag) {
      return argv[i + 1];
    }
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const char* const fault = std::getenv("FAULT");  // NOLINT(concurrency-mt-unsafe)
  const auto found = kFaults.find(fault == nullptr ? "" : fault);
  if (found == kFaults.end()) {
    return 1;
  }
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before the server's threads

  const rl::test::FakeServer server(10, 4, found->second);
  const std::string address = server.address().to_string();
  const std::string token_file = flag_value(argc, argv, "--data-dir") + "/token";
  const std::string ready = R"({"data":")" + address + R"(","admin":")" + address +
                            R"(","token_file":")" + token_file + "\"}\n";
  if (!rl::write_file(token_file, "secret\n", rl::FileMode::kPrivate) ||
      !rl::write_file(flag_value(argc, argv, "--ready-file"), ready, rl::FileMode::kPublic)) {
    return 1;
  }
  int signal = 0;
  sigwait(&stop, &signal);
  return 0;
}
