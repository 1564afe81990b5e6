#include "tests/integration/fleet.h"

#include <fmt/core.h>

#include <regex>
#include <sstream>

#include "rl/base/file.h"
#include "tests/support/free_port.h"
#include "tests/support/paths.h"

namespace rl::test {
namespace {

std::string source_file(const std::string& path) {
  return read_file(source_dir() + path).value_or("");
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  text.replace(at, from.size(), to);
}

}  // namespace

Environment compose_environment() {
  static const std::regex kComment("  #.*$");
  static const std::regex kSetting("^    ([A-Z_]+): \"?([^\"]*)\"?$");
  std::istringstream stream(source_file("/docker/compose.yaml"));
  Environment environment;
  bool inside = false;
  for (std::string line; std::getline(stream, line);) {
    std::smatch found;
    line = std::regex_replace(line, kComment, "");
    if (inside && std::regex_match(line, found, kSetting)) {
      environment.emplace_back(found[1].str(), found[2].str());
    } else {
      inside = line == "  environment:";  // of what all instances share; a service's is deeper
    }
  }
  REQUIRE_FALSE(environment.empty());
  return environment;
}

Fleet::Fleet(const std::string& tiers)
    : address_{"127.0.0.1", free_port()}, upstream_address_{"127.0.0.1", free_port()} {
  const std::string path = directory_.path() + "/tiers.toml";
  REQUIRE(write_file(path, tiers, FileMode::kPublic).has_value());
  std::string upstream = source_file("/docker/upstream.conf");
  replace(upstream, "listen 8080", "listen " + upstream_address_.to_string());
  upstream_.emplace(start_nginx("upstream", upstream));
  REQUIRE_MESSAGE(listens(upstream_address_), log());
  std::string text = source_file("/docker/balancer.conf");
  for (std::size_t i = 0; i < kSize; ++i) {
    instances_[i].emplace(options("127.0.0.1:0"));
    replace(text, fmt::format("rl{}:8080", i + 1), instances_[i]->data().to_string());
  }
  replace(text, "listen 8000", "listen " + address_.to_string());
  balancer_.emplace(start_nginx("balancer", text));
  REQUIRE_MESSAGE(listens(address_), log());
}

ChildProcess Fleet::start_nginx(const std::string& name, const std::string& configuration) const {
  const std::string place = directory_.path() + "/" + name;
  REQUIRE(write_file(place + ".conf", configuration, FileMode::kPublic).has_value());
  auto started = ChildProcess::start(
      {.argv = {"/usr/sbin/nginx", "-p", directory_.path(), "-c", place + ".conf", "-e", "stderr",
                "-g", "daemon off; pid " + place + ".pid;"},
       .stdout_path = place + ".out",
       .stderr_path = place + ".err"});
  REQUIRE(started.has_value());
  return std::move(*started);
}

int Fleet::decisions(std::size_t i) const {
  static const std::regex kDecisions("\nrl_decisions_total\\{[^}]*\\} ([0-9]+)");
  const std::string text = ask(instances_[i]->admin(), {.target = "/metrics"}).body;
  int sum = 0;
  for (std::sregex_iterator it(text.begin(), text.end(), kDecisions), end; it != end; ++it) {
    sum += std::stoi((*it)[1].str());
  }
  return sum;
}

void Fleet::restart(std::size_t i) {
  const std::string listen = instances_[i]->data().to_string();
  instances_[i].reset();
  instances_[i].emplace(options(listen));
}

std::string Fleet::log() const {
  return read_file(directory_.path() + "/balancer.err").value_or("") +
         read_file(directory_.path() + "/upstream.err").value_or("");
}

RlServerOptions Fleet::options(const std::string& listen) const {
  RlServerOptions options{.flags = {"--listen", listen},
                          .environment = {},
                          .tiers = directory_.path() + "/tiers.toml",
                          .dev = false};
  for (const auto& [name, value] : compose_environment()) {
    if (name == "REDIS_URL") {
      options.environment.emplace_back(name, redis_.url().to_string());
    } else if (name == "RL_UPSTREAM") {
      options.environment.emplace_back(name, "http://" + upstream_address_.to_string());
    } else if (name == "RL_DEV") {
      options.environment.emplace_back(name, "true");
    } else if (name != "RL_ADMIN_LISTEN" && name != "RL_ADMIN_TOKEN" && name != "RLCTL_TOKEN") {
      options.environment.emplace_back(name, value);
    }
  }
  // Machines of tests are slow: no decision is to be made without Redis for that.
  options.environment.emplace_back("RL_STORE_DEADLINE", "5s");
  return options;
}

}  // namespace rl::test
