#include "tests/cli/docs_session.h"
#include "tests/support/paths.h"

#include <doctest/doctest.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "rl/base/file.h"

namespace rl::test {
namespace {

const std::string kRoot = source_dir();

// As documented: the defaults.
constexpr char kDataAddress[] = "127.0.0.1:8080";
constexpr char kAdminAddress[] = "127.0.0.1:8081";
constexpr char kUpstreamUrl[] = "http://127.0.0.1:3000";

constexpr char kEndMark[] = "==end of command==";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::vector<std::string> words_of(const std::string& command) {
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    words.push_back(word);
  }
  return words;
}

bool starts_server(const Step& step) {
  const auto words = words_of(step.command);
  const auto has = [&](const char* flag) {
    return std::find(words.begin(), words.end(), flag) != words.end();
  };
  return words.front() == "rlserver" && !has("--check-config") && !has("--help") &&
         !has("--version") && !has("--print-config") && !has("--completion");
}

/// White space as one space each, none at the ends of lines.
std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (c == '\n' && out.ends_with(' ')) {
      out.pop_back();
    }
    if (c != '\r' && !(space && out.ends_with(' '))) {
      out += space ? ' ' : c;
    }
  }
  return out;
}

void compare(const Step& step, const std::string& output, std::vector<std::string>& faults) {
  if (!matches(squeezed(step.output), squeezed(output))) {
    faults.push_back(fmt::format("line {}: {}\n--- documented\n{}--- real\n{}", step.line,
                                 step.command, step.output, output));
  }
}

void check_script(const Step& step, std::vector<std::string>& faults) {
  const std::string path = kRoot + "/" + words_of(step.command).front();
  if (!std::filesystem::is_regular_file(path) || ::access(path.c_str(), X_OK) != 0) {
    faults.push_back(fmt::format("line {}: {} is no executable file", step.line, path));
  }
}

}  // namespace

std::vector<Document> all_documents() {
  std::vector<std::string> paths = {"README.md", "CHANGELOG.md"};
  for (const auto& entry : std::filesystem::directory_iterator(kRoot + "/docs")) {
    if (entry.path().extension() == ".md") {
      paths.push_back("docs/" + entry.path().filename().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Document> documents;
  for (const std::string& path : paths) {
    documents.push_back({path, read_file(kRoot + "/" + path).value_or("")});
  }
  return documents;
}

DocumentSession::DocumentSession() {
  const auto put = [this](const std::string& name, const std::string& text) {
    REQUIRE(write_file(directory_.path() + "/" + name, text, FileMode::kPrivate).has_value());
  };
  put("tiers.toml", read_file(kRoot + "/tiers.toml").value_or(""));
  put(".curlrc", "silent\nnoproxy = \"*\"\n");  // in a pipe curl would show its progress
}

std::vector<std::string> DocumentSession::run(const Block& block) {
  std::vector<std::string> faults;
  std::vector<Step> in_shell;
  for (const Step& step : steps_of(block)) {
    if (starts_server(step)) {
      start_server(step, faults);
    } else if (step.command.starts_with("scripts/")) {
      check_script(step, faults);
    } else {
      in_shell.push_back(step);
    }
  }
  if (!in_shell.empty()) {
    run_in_shell(in_shell, faults);
  }
  return faults;
}

void DocumentSession::start_server(const Step& step, std::vector<std::string>& faults) {
  auto flags = words_of(step.command);
  flags.erase(flags.begin());
  for (std::string& flag : flags) {
    if (flag == kUpstreamUrl) {
      upstream_.emplace([](const std::string& head, UpstreamPeer& peer) {
        const std::size_t begin = head.find(' ') + 1;
        return peer.send(ok("upstream got " + head.substr(begin, head.find(' ', begin) - begin)));
      });
      flag = upstream_->url();
    }
  }
  server_.reset();
  server_.emplace(RlServerOptions{.flags = flags,
                                  .tiers = directory_.path() + "/tiers.toml",
                                  .data_dir = directory_.path() + "/.local/state/rl",
                                  .dev = false});
  const auto as_shown = [&] { return matches(step.output, as_documented(server_->out())); };
  if (!step.output.empty() && !eventually(as_shown)) {
    compare(step, as_documented(server_->out()), faults);
  }
}

void DocumentSession::run_in_shell(const std::vector<Step>& steps,
                                   std::vector<std::string>& faults) {
  if (!server_) {
    start_server({.command = "rlserver --dev", .output = ""}, faults);
  }
  std::string script = fmt::format("cd '{}' && exec 2>&1\n", directory_.path());
  for (const Step& step : steps) {
    script += with_real_addresses(step.command);
    script += fmt::format("\nstatus=$?; printf '\\n{} %s\\n' $status; (exit $status)\n", kEndMark);
  }
  const char* const path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  const Finished finished = rl::test::run(
      {.argv = {"/bin/sh"},
       .input = script,
       .environment = {
           {"HOME", directory_.path()},
           {"PATH", fmt::format("{}:{}", program_dir(), path == nullptr ? "" : path)}}});
  std::string rest = as_documented(finished.out);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string mark = fmt::format("\n{} ", kEndMark);
    const std::size_t end = rest.find(mark);
    const std::size_t line_end = rest.find('\n', end + mark.size());
    if (end == std::string::npos || line_end == std::string::npos) {
      faults.push_back(fmt::format("line {}: {}: did not end", steps[i].line, steps[i].command));
      return;
    }
    const std::string status = rest.substr(end + mark.size(), line_end - end - mark.size());
    compare(steps[i], rest.substr(0, end), faults);
    const bool shown = i + 1 < steps.size() && steps[i + 1].command == "echo $?";
    if (status != "0" && !shown) {
      faults.push_back(fmt::format("line {}: {}: status {}, which is not documented", steps[i].line,
                                   steps[i].command, status));
    }
    rest.erase(0, line_end + 1);
  }
}

std::string DocumentSession::with_real_addresses(std::string text) const {
  replace_all(text, kDataAddress, server_->data().to_string());
  replace_all(text, kAdminAddress, server_->admin().to_string());
  return text;
}

std::string DocumentSession::as_documented(std::string text) const {
  replace_all(text, server_->data().to_string(), kDataAddress);
  replace_all(text, server_->admin().to_string(), kAdminAddress);
  replace_all(text, directory_.path() + "/", "");
  return text;
}

}  // namespace rl::test
