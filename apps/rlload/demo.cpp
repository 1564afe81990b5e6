#include "rl/load/demo.h"

#include <memory>

#include "commands.h"
#include "options.h"
#include "output.h"
#include "rl/load/own_redis.h"
#include "rl/load/own_server.h"

namespace rl::load_app {
namespace {

load::ExitCode run(const load::DemoOptions& options, const Session& session) {
  const auto report =
      load::run_demo(options, session.clock, session.pacer, session.interrupt.token());
  if (!report) {
    complain(report.error().error);
    return report.error().code;
  }
  print(session.structured() ? in_form(session.form, load::render_json(*report), "cells")
                             : load::render_table(*report, standard_output(session.no_color)));
  return load::exit_code_of(report->verdict());
}

}  // namespace

void add_demo(CLI::App& app, Session& session) {
  const auto options = std::make_shared<load::DemoOptions>();
  options->version = RL_VERSION;
  options->rlserver = load::rlserver_beside_us();
  options->redis_server = load::redis_server_on_path();
  options->progress = note;

  CLI::App* const command = app.add_subcommand(
      "demo",
      "Starts servers of its own and proves that they keep every tier's limit, in NORMAL and "
      "DEGRADED");
  command->add_option("--tiers", options->tiers_path, "The tiers to drive")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--rlserver", options->rlserver, "The server's program")
      ->type_name("PATH")
      ->capture_default_str();
  command
      ->add_option_function<std::string>(
          "--store", [options](const std::string& store) { options->redis = store == "redis"; },
          "Where they count; with redis, one is started too")
      ->check(CLI::IsMember({"memory", "redis"}))
      ->type_name("memory|redis")
      ->default_str("memory");
  command->add_option("--servers", options->servers, "How many, asked in turns")
      ->check(CLI::Range(1, 16))
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--redis-server", options->redis_server, "The program of Redis")
      ->type_name("PATH")
      ->capture_default_str();
  add_parsed(*command, "--rate", options->rate, load::parse_rate,
             "Requests to send, over all tiers")
      ->type_name("N/s")
      ->default_str(options->rate.to_string());
  add_run_options(*command, options->connections, options->seed);
  command->footer(
      "Examples:\n"
      "  rlload demo --tiers tiers.toml --rate 250/s\n"
      "  rlload demo --store redis --servers 3");
  command->callback([options, &session] { session.exit_code = run(*options, session); });
}

}  // namespace rl::load_app
