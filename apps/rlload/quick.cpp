#include "rl/load/quick.h"

#include <fmt/core.h>

#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "options.h"
#include "output.h"
#include "rl/base/duration.h"
#include "rl/base/file.h"

namespace rl::load_app {
namespace {

Result<Micros> parse_run_duration(std::string_view text) {
  auto duration = parse_duration(text);
  if (duration && (*duration <= Micros::zero() || *duration > load::kLongestRun)) {
    return fail(
        fmt::format("\"{}\" is no duration of a run", text),
        fmt::format("more than 0 and at most {} are possible", format_duration(load::kLongestRun)));
  }
  return duration;
}

void add_header(const std::string& option, std::string_view text, client::HeaderList& headers) {
  auto header = load::parse_header(text);
  if (!header) {
    throw CLI::ValidationError(option, header.error().message + "\n  " + header.error().hint);
  }
  headers.push_back(std::move(*header));
}

/// The key of the file as an X-API-Key header.
void add_key(const std::string& path, client::HeaderList& headers) {
  auto key = read_file(path);
  if (!key) {
    throw CLI::ValidationError("--key-file", key.error().message);
  }
  key->erase(key->find_last_not_of(" \t\r\n") + 1);
  add_header("--key-file", "X-API-Key: " + *key, headers);
}

load::ExitCode run(const load::QuickOptions& options, const Session& session) {
  const load::QuickReport report =
      load::run_quick(options, session.clock, session.pacer, session.interrupt.token());
  print(session.structured() ? in_form(session.form, load::render_json(report), "")
                             : load::render_table(report, standard_output(session.no_color)));
  return report.exit_code();
}

void add_target(CLI::App& command, load::QuickOptions& options) {
  const auto read = [&options](const std::string& url) {
    const auto target = load::parse_target(url);
    if (!target) {
      throw CLI::ValidationError("URL", target.error().message + "\n  " + target.error().hint);
    }
    options.url = url;
    options.target = *target;
  };
  command.add_option_function<std::string>("url", read, "What to ask: http[s]://HOST[:PORT]/PATH")
      ->required()
      ->type_name("URL");
}

void add_credentials(CLI::App& command, load::QuickOptions& options) {
  const auto read_headers = [&options](const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      add_header("--header", text, options.headers);
    }
  };
  command
      .add_option_function<std::vector<std::string>>(
          "--header", read_headers, "A header to send, 'Name: value'; may be given again")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  command
      .add_option("--ca-file", options.tls.ca_file,
                  "PEM file of the authorities to trust for https; else those of the system")
      ->type_name("FILE");
  command
      .add_option_function<std::string>(
          "--key-file", [&options](const std::string& path) { add_key(path, options.headers); },
          "A file with the API key to send: unlike a --header, not seen by others in the "
          "process list")
      ->type_name("FILE");
}

}  // namespace

void add_quick(CLI::App& app, Session& session) {
  const auto options = std::make_shared<load::QuickOptions>();
  options->version = RL_VERSION;

  CLI::App* const command =
      app.add_subcommand("quick", "Drives one endpoint at one rate and tells what it answered");
  add_target(*command, *options);
  add_parsed(*command, "--rate", options->rate, load::parse_rate, "Requests to send")
      ->type_name("N/s")
      ->default_str(options->rate.to_string());
  add_parsed(*command, "--duration", options->duration, parse_run_duration, "How long to send")
      ->type_name("TIME")
      ->default_str(format_duration(options->duration));
  add_credentials(*command, *options);
  add_run_options(*command, options->connections, options->seed);
  command->footer(
      "Requests leave at their intended time (open model). Latency is shown from there "
      "(corrected)\n"
      "and from the real send (raw). A 429 is an outcome, not an error.\n"
      "Example:\n"
      "  rlload quick http://127.0.0.1:8080/test --rate 200/s --duration 10s --key-file key.txt");
  command->callback([options, &session] { session.exit_code = run(*options, session); });
}

}  // namespace rl::load_app
