#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "commands.h"

namespace rl::ctl {
namespace {

using client::AdminClient;
using client::ImportRecord;

constexpr std::size_t kLinesAtOnce = 1000;
constexpr std::size_t kBytesAtOnce = std::size_t{1} << 19U;
constexpr std::size_t kLongestLine = 4096;

/// The number in a line that the server made; 0 when it is not there.
std::uint64_t number_in(const std::string& line, const char* name) {
  const auto document = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  const auto member = document.is_object() ? document.find(name) : document.end();
  return member != document.end() && member->is_number_unsigned() ? member->get<std::uint64_t>()
                                                                  : 0;
}

/// Prints a page up to that id, which is the last that was given when the export began: what was
/// made since could belong to a user that is not in it. Returns the last id printed, or nothing
/// when there is no more.
std::optional<std::uint64_t> print_page(const std::string& page, std::uint64_t last_id) {
  std::optional<std::uint64_t> printed;
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t end = page.find('\n', at) + 1;
    const std::string line = page.substr(at, end - at);
    if (const std::uint64_t id = number_in(line, "id"); id > 0) {  // secrets follow their key
      if (id > last_id) {
        return std::nullopt;
      }
      printed = id;
    }
    print(line);
    at = end;
  }
  return printed;
}

int export_all(const Session& session) {
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  const auto ids = admin->export_lines("ids", 0);
  if (!ids) {
    return fail_with(ids.error());
  }
  print(*ids);
  for (const auto& [part, last] : {std::pair("users", "last_user_id"), {"keys", "last_key_id"}}) {
    const std::uint64_t last_id = number_in(*ids, last);
    for (std::optional<std::uint64_t> after = 0; after && *after < last_id;) {
      const auto page = admin->export_lines(part, *after);
      if (!page) {
        return fail_with(page.error());
      }
      after = print_page(*page, last_id);
    }
  }
  return kOk;
}

/// Sends a file piece by piece, each taken whole or not at all.
class Importer {
 public:
  explicit Importer(AdminClient& admin) : admin_(admin) {}

  std::optional<client::AdminError> add(const std::string& line) {
    const bool full = lines_ == kLinesAtOnce || piece_.size() + line.size() > kBytesAtOnce;
    if (auto error = full ? send() : std::nullopt) {
      return error;
    }
    piece_ += line + "\n";
    ++lines_;
    return std::nullopt;
  }

  std::optional<client::AdminError> send() {
    const auto done = admin_.import_lines(piece_, first_line_);
    if (!done) {
      return done.error();
    }
    total_.made += done->made;
    total_.unchanged += done->unchanged;
    for (const std::string& tier : done->unknown_tiers) {
      if (std::find(total_.unknown_tiers.begin(), total_.unknown_tiers.end(), tier) ==
          total_.unknown_tiers.end()) {
        total_.unknown_tiers.push_back(tier);
      }
    }
    first_line_ += lines_;
    lines_ = 0;
    piece_.clear();
    return std::nullopt;
  }

  std::uint64_t next_line() const { return first_line_ + lines_; }
  std::uint64_t first_unsent() const { return first_line_; }
  const ImportRecord& total() const { return total_; }

 private:
  AdminClient& admin_;
  std::string piece_;
  std::size_t lines_ = 0;  ///< of the piece
  std::uint64_t first_line_ = 1;
  ImportRecord total_;
};

std::optional<client::AdminError> send_all(std::istream& input, Importer& importer) {
  for (std::string line; std::getline(input, line);) {
    if (line.size() > kLongestLine) {
      return client::AdminError{
          .kind = client::AdminErrorKind::kInvalid,
          .message = fmt::format("line {}: a line has at most 4096 bytes", importer.next_line())};
    }
    if (auto error = importer.add(line)) {
      return error;
    }
  }
  return importer.send();
}

int import_all(const Session& session, const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) {
      complain(fmt::format("cannot read {}: {}", path, std::system_category().message(errno)));
      return kFailure;
    }
  }
  auto admin = connect(session);
  if (!admin) {
    return fail_with(admin.error());
  }
  Importer importer(*admin);
  const auto error = send_all(path == "-" ? std::cin : file, importer);
  if (error) {
    const int code = fail_with(*error);
    complain(
        fmt::format("lines 1 to {} are imported, the rest is not", importer.first_unsent() - 1),
        "mend what is wrong and import the whole file again: what is there stays as it is");
    return code;
  }
  for (const std::string& tier : importer.total().unknown_tiers) {
    complain(fmt::format("tier \"{}\" is not in the policy: its users get the default tier", tier));
  }
  if (session.structured()) {
    print_data(session, client::encode(importer.total()));
  } else {
    print(fmt::format("{} made, {} there already\n", importer.total().made,
                      importer.total().unchanged));
  }
  return kOk;
}

}  // namespace

void add_users_transfer(CLI::App& users, Session& session) {
  CLI::App* const out = users.add_subcommand(
      "export", "All users and keys as JSON lines, with digests and no secret");
  out->footer("Example:\n  rlctl users export > users.jsonl");
  out->callback([&session] { session.exit_code = export_all(session); });

  CLI::App* const in =
      users.add_subcommand("import", "Take over what users export printed, ids and all");
  const auto path = std::make_shared<std::string>();
  in->add_option("file", *path, "The lines; - reads them from stdin")
      ->type_name("FILE")
      ->required();
  in->footer("Example:\n  rlctl --server http://10.0.0.5:8081 users import users.jsonl");
  in->callback([&session, path] { session.exit_code = import_all(session, *path); });
}

}  // namespace rl::ctl
