#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "commands.h"
#include "options.h"
#include "rl/base/duration.h"
#include "rl/client/report.h"

namespace rl::ctl {
namespace {

struct SetOptions {
  std::string state;
  std::optional<Micros> ttl;
  std::string reason;
  bool wait = false;
  std::vector<std::string> direct;
};

client::HealthChange change_of(const SetOptions& options) {
  client::HealthChange change{.state = health_state(options.state),
                              .reason = options.reason,
                              .direct = !options.direct.empty()};
  if (options.ttl.has_value()) {
    change.ttl = std::chrono::seconds{ceil_seconds(*options.ttl)};
  }
  return change;
}

void remind(const client::HealthRecord& health) {
  if (health.state == HealthState::kDegraded && !health.expires_at.has_value()) {
    complain("the fleet stays DEGRADED until somebody sets it back", "rlctl health set normal");
  }
}

/// Which instances report a version. One that was there counts as missing also when it goes.
class Followers {
 public:
  explicit Followers(std::uint64_t version) : version_(version) {}

  void see(const std::vector<client::InstanceHealth>& instances) {
    for (const client::InstanceHealth& instance : instances) {
      (instance.version >= version_ ? followed_ : seen_).insert(instance.id);
    }
  }

  std::size_t count() const { return followed_.size(); }

  std::vector<std::string> missing() const {
    std::vector<std::string> missing;
    std::set_difference(seen_.begin(), seen_.end(), followed_.begin(), followed_.end(),
                        std::back_inserter(missing));
    return missing;
  }

 private:
  const std::uint64_t version_;
  std::set<std::string> seen_;
  std::set<std::string> followed_;
};

/// Waits until all instances report the version, at most for the time that an answer may take.
/// Returns when that was, or nothing.
std::optional<Micros> await(client::AdminClient& admin, Followers& followers,
                            const Session& session) {
  constexpr Micros kPause = std::chrono::milliseconds{2};
  const SystemClock clock;
  const Instant begin = clock.now();
  while (!followers.missing().empty()) {
    if (clock.now() - begin > session.timeout) {
      return std::nullopt;
    }
    std::this_thread::sleep_for(kPause);
    if (const auto health = admin.health()) {
      followers.see(health->instances);
    }
  }
  return clock.now() - begin;
}

int tell_followers(const Followers& followers, const std::optional<Micros>& took,
                   const Session& session) {
  const std::vector<std::string> missing = followers.missing();
  const std::size_t all = followers.count() + missing.size();
  if (took.has_value()) {
    if (!session.structured()) {
      print(fmt::format("followed by {} of {} instances within {} ms\n", all, all,
                        std::chrono::ceil<std::chrono::milliseconds>(*took).count()));
    }
    return kOk;
  }
  complain(fmt::format("{} of {} instances did not follow within {}: {}", missing.size(), all,
                       format_duration(session.timeout), fmt::join(missing, ", ")),
           "rlctl status shows who is there");
  return kNo;
}

int set_health(const Session& session, const SetOptions& options) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  const auto before = admin->health();
  if (!before) {
    return fail_with(before.error());
  }
  const auto after = admin->set_health(change_of(options));
  if (!after) {
    return fail_with(after.error());
  }
  Followers followers(after->version);
  std::optional<Micros> took;
  if (options.wait) {
    followers.see(before->instances);
    followers.see(after->instances);
    took = await(*admin, followers, session);
  }
  if (session.structured()) {
    client::Json document = {{"old_state", std::string(to_string(before->state))}};
    document.update(client::encode(*after));
    if (options.wait) {
      document["followed"] = followers.count();
      document["missing"] = followers.missing();
      document["followed_ms"] =
          took ? client::Json(std::chrono::duration<double, std::milli>(*took).count())
               : client::Json(nullptr);
    }
    print_data(session, document);
  } else {
    print(client::health_change(before->state, *after, session.display()));
  }
  const int code = options.wait ? tell_followers(followers, took, session) : kOk;
  remind(*after);
  return code;
}

/// Sets each of the instances by itself. Goes on after a failure; the exit code is that of the
/// first.
int set_directly(const Session& session, const SetOptions& options) {
  int code = kOk;
  client::Json records = client::Json::array();
  std::optional<client::HealthRecord> last;
  for (const std::string& server : options.direct) {
    Session one = session;
    one.choice.server = server;
    auto admin = connect(one);
    const auto set = admin ? admin->set_health(change_of(options)) : rl::fail_with(admin.error());
    if (!set) {
      const int failed = fail_with(set.error());
      code = code == kOk ? failed : code;
      continue;
    }
    if (session.structured()) {
      client::Json record = {{"server", server}};
      record.update(client::encode(*set));
      records.push_back(record);
    } else {
      print(fmt::format("{}: {}", server, client::health_line(*set, session.display())));
    }
    last = *set;
  }
  if (session.structured()) {
    print_data(session, {{"servers", records}}, "servers");
  }
  if (last.has_value()) {
    remind(*last);
  }
  return code;
}

}  // namespace

void add_health_set(CLI::App& health, Session& session) {
  CLI::App* const command = health.add_subcommand("set", "Set the health of the whole fleet");
  const auto options = std::make_shared<SetOptions>();
  command->add_option("state", options->state, "The new state")
      ->transform(one_of(health_words()))
      ->type_name("STATE")
      ->required();
  add_duration(*command, "--for", "Back to NORMAL by itself after this time",
               [options](Micros time) { options->ttl = time; });
  command->add_option("--reason", options->reason, "Why, for those who look")->type_name("TEXT");
  CLI::Option* const wait = command->add_flag(
      "--wait", options->wait, "Until every instance follows, at most as long as --timeout");
  command
      ->add_option("--direct", options->direct,
                   "Set these instances one by one, also while their Redis is away")
      ->type_name("URL")
      ->excludes(wait);
  command->footer(
      "Examples:\n"
      "  rlctl health set degraded --for 15m --reason \"GPU pool at 98 %\"\n"
      "  rlctl health set normal --wait\n"
      "  rlctl health set degraded --direct 10.0.0.5:8081 10.0.0.6:8081");
  command->callback([&session, options] {
    session.exit_code =
        options->direct.empty() ? set_health(session, *options) : set_directly(session, *options);
  });
}

}  // namespace rl::ctl
