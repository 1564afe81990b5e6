#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "commands.h"
#include "options.h"
#include "rl/client/report.h"

namespace rl::ctl {
namespace {

/// The first line of stdin, without the white space around it.
std::string read_key() {
  std::string line;
  std::getline(std::cin, line);
  constexpr const char* kSpace = " \t\r";
  line.erase(0, line.find_first_not_of(kSpace));
  line.erase(line.find_last_not_of(kSpace) + 1);
  return line;
}

int check(const Session& session, client::CheckRequest request) {
  if (request.key == "-") {
    request.key = read_key();
  }
  if (request.key.empty() == !request.user_id.has_value()) {
    throw CLI::ValidationError("check", "give either a KEY or --user ID");
  }
  const auto reply = ask(session, [&](client::AdminClient& admin) { return admin.check(request); });
  if (!reply) {
    return fail_with(reply.error());
  }
  if (session.structured()) {
    print_data(session, client::encode(*reply));
  } else {
    print(client::check_report(*reply, session.display()));
  }
  return reply->allowed ? kOk : kNo;
}

}  // namespace

void add_check(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand(
      "check", "Would a request pass? Takes nothing unless told; exit code 10 says no");
  const auto request = std::make_shared<client::CheckRequest>();
  command->add_option("key", request->key, "The API key; - reads it from stdin")->type_name("KEY");
  add_number(*command, "--user", "Ask for this user instead", INT64_MAX,
             [request](std::uint64_t id) { request->user_id = id; })
      ->type_name("ID");
  add_number(*command, "--cost", "Units the request takes", UINT32_MAX,
             [request](std::uint64_t cost) { request->cost = static_cast<std::uint32_t>(cost); })
      ->type_name("N")
      ->default_str("that of the route");
  command->add_option("--route", request->route, "Method and path, such as \"GET /test\"")
      ->type_name("ROUTE");
  command->add_flag("--consume", request->consume, "Take the units when it passes");
  command->footer(
      "Examples:\n"
      "  rlctl check - < key.txt\n"
      "  rlctl check --user 1 --cost 5 --route \"POST /v1/transcribe\"");
  command->callback([&session, request] { session.exit_code = check(session, *request); });
}

}  // namespace rl::ctl
