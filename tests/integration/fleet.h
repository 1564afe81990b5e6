#pragma once

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>

#include "rl/base/process.h"
#include "tests/support/redis_server.h"
#include "tests/support/rlserver.h"
#include "tests/support/temporary_directory.h"

namespace rl::test {

/// The environment that docker/compose.yaml gives to each instance.
Environment compose_environment();

/// The fleet of docker/compose.yaml without containers: three real rlservers with its settings on
/// one real Redis, with its demo users, behind a real nginx with docker/balancer.conf and in front
/// of one with docker/upstream.conf. Answers from construction on; gone with its owner.
class Fleet {
 public:
  static constexpr std::size_t kSize = 3;

  /// `tiers` is the text of the tiers file.
  explicit Fleet(const std::string& tiers);

  const Address& address() const { return address_; }  ///< of the balancer
  RlServer& instance(std::size_t i) { return *instances_[i]; }

  /// The requests that an instance has decided so far.
  int decisions(std::size_t i) const;

  /// Starts an instance anew on the addresses that it had.
  void restart(std::size_t i);

  std::string log() const;  ///< of balancer and upstream

 private:
  RlServerOptions options(const std::string& listen) const;
  ChildProcess start_nginx(const std::string& name, const std::string& configuration) const;

  TemporaryDirectory directory_;
  RedisServer redis_;
  Address address_;
  Address upstream_address_;
  std::optional<ChildProcess> upstream_;
  std::optional<RlServer> instances_[kSize];
  std::optional<ChildProcess> balancer_;
};

}  // namespace rl::test
