#include <httplib.h>
#include <rl/config/policy_file.h>
#include <rl/http/limiter.h>

#include <cstdio>
#include <cstdlib>

/// Whose a key is. Here one user with two keys; in your program a look into its own table.
class Keys final : public rl::Identity {
 public:
  rl::CallerLookup find_key(std::string_view key) const override {
    if (key != "alice-laptop" && key != "alice-phone") {
      return std::optional<rl::Caller>();
    }
    const std::string id(key.substr(6));
    return std::optional(rl::Caller{.user_id = 1,
                                    .user_name = "alice",
                                    .key_id = id,
                                    .tier = "free",
                                    .key_owner = "k:" + id,
                                    .user_owner = "u:1"});
  }
  rl::CallerLookup find_user(std::uint64_t) const override { return std::optional<rl::Caller>(); }
};

/// hello PORT TIERS: GET /hello for those who have a key, as often as the tiers file says.
int main(int argc, char** argv) {
  auto policy = rl::load_policy(argc > 2 ? argv[2] : "tiers.toml");
  if (!policy) {
    for (const rl::Diagnostic& fault : policy.error()) {
      std::fprintf(stderr, "%s\n", fault.to_string().c_str());
    }
    return 1;
  }
  const Keys keys;
  rl::http::Limiter limiter(*std::move(policy), keys);

  httplib::Server server;
  server.Get("/hello", limiter.limit([](const httplib::Request&, httplib::Response& response) {
    response.set_content("hello\n", "text/plain");
  }));
  return server.listen("127.0.0.1", argc > 1 ? std::atoi(argv[1]) : 8090) ? 0 : 1;
}
