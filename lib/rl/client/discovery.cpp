#include "rl/client/discovery.h"

#include <fmt/core.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <utility>

#include "rl/base/file.h"
#include "rl/client/record_json.h"
#include "rl/config/data_dir.h"

namespace rl::client {
namespace {

constexpr char kStartOne[] = "start one with rlserver --dev, or name one with --server";

/// An address, and whether TLS is spoken there.
struct ServerUrl {
  Address address;
  bool tls = false;
};

/// What a running server wrote into its data directory.
struct LocalServer {
  ServerUrl admin;
  std::string token_file;
};

AdminResult<ServerUrl> parse_server(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return admin_failure(AdminErrorKind::kInvalid,
                         fmt::format("\"{}\" is not a server: {}", text, why),
                         "write https://HOST:PORT, http://HOST:PORT or HOST:PORT, such as "
                         "127.0.0.1:8081");
  };
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kTlsScheme = "https://";
  std::string_view rest = text;
  const bool tls = rest.starts_with(kTlsScheme);
  if (tls || rest.starts_with(kScheme)) {
    rest.remove_prefix(tls ? kTlsScheme.size() : kScheme.size());
  } else if (rest.find("://") != std::string_view::npos) {
    return bad("the admin listener speaks http or https");
  }
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  if (rest.find('/') != std::string_view::npos) {
    return bad("it has a path");
  }
  const auto address = parse_address(rest);
  if (!address || address->port == 0 || rest.starts_with(':')) {
    return bad("it has no host and port");
  }
  return ServerUrl{*address, tls};
}

/// Whether that process is there; one of another user counts.
bool process_exists(std::int64_t pid) {
  return pid > 0 && std::in_range<pid_t>(pid) &&
         (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM);
}

AdminResult<LocalServer> find_local_server(const std::string& data_dir) {
  const std::string path = data_dir + "/" + kServerFile;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return admin_failure(AdminErrorKind::kUnreachable,
                         fmt::format("no local server found in {}", data_dir), kStartOne);
  }
  const auto text = read_file(path);
  if (!text) {
    return admin_failure(AdminErrorKind::kFailed, text.error().message,
                         "name the server with --server, or its directory with --data-dir");
  }
  const Json document = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto member = [&](const char* name) {
    const auto found = document.find(name);
    return found == document.end() ? Json() : *found;
  };
  const Json pid = member("pid");
  const Json admin = member("admin");
  const Json token_file = member("token_file");
  const Json tls = member("tls");
  auto server = parse_server(admin.is_string() ? admin.get<std::string>() : "");
  if (!pid.is_number_integer() || !server) {
    return admin_failure(AdminErrorKind::kFailed,
                         fmt::format("{} does not describe a rlserver", path),
                         "restart the server, or name one with --server");
  }
  if (const auto id = pid.get<std::int64_t>(); !process_exists(id)) {
    return admin_failure(AdminErrorKind::kUnreachable,
                         fmt::format("the local server is gone: {} is of process {}, which has "
                                     "ended",
                                     path, id),
                         kStartOne);
  }
  server->tls = tls.is_boolean() && tls.get<bool>();
  return LocalServer{*server, token_file.is_string() ? token_file.get<std::string>() : ""};
}

/// The token of a text of several lines, NAME ROLE TOKEN: the first with the largest role. Of any
/// other text all of it.
std::string_view strongest_token(std::string_view text) {
  constexpr std::string_view kRoles[] = {"admin", "operate", "read"};
  for (const std::string_view role : kRoles) {
    for (std::string_view rest = text; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const std::size_t name_end = line.find(' ');
      const std::size_t role_end = line.find(' ', name_end + 1);
      if (!line.starts_with('#') && role_end != std::string_view::npos &&
          line.substr(name_end + 1, role_end - name_end - 1) == role) {
        return line.substr(role_end + 1);
      }
    }
  }
  return text;
}

/// The token without the white space around it: it must fit into one header field.
AdminResult<std::string> clean_token(std::string_view text, std::string_view from) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return admin_failure(AdminErrorKind::kUnauthorised, fmt::format("{} holds no token", from));
  }
  const std::string_view token = text.substr(first, text.find_last_not_of(kSpace) - first + 1);
  if (!std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; })) {
    return admin_failure(AdminErrorKind::kUnauthorised,
                         fmt::format("{} does not hold a token: it is not one word of printable "
                                     "characters",
                                     from));
  }
  return std::string(token);
}

AdminResult<std::string> read_token(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return admin_failure(
        AdminErrorKind::kUnauthorised,
        fmt::format("the token file {} can be used by others than its owner", path),
        fmt::format("chmod 600 {}", path));
  }
  const auto text = read_file(path);
  if (!text) {
    return admin_failure(AdminErrorKind::kUnauthorised, text.error().message,
                         "run as the user that the server runs as, or give a token of your own "
                         "with --token-file");
  }
  return clean_token(strongest_token(*text), fmt::format("the token file {}", path));
}

/// The token that was chosen, else the one in `fallback_file`, else none.
AdminResult<std::string> choose_token(const ServerChoice& choice,
                                      const std::string& fallback_file) {
  if (!choice.token_file.empty()) {
    return read_token(choice.token_file);
  }
  if (!choice.token.empty()) {
    return clean_token(choice.token, "RLCTL_TOKEN");
  }
  return fallback_file.empty() ? AdminResult<std::string>(std::string())
                               : read_token(fallback_file);
}

}  // namespace

AdminResult<AdminTarget> find_server(const ServerChoice& choice) {
  LocalServer server;
  if (choice.server.empty()) {
    auto local = find_local_server(choice.data_dir);
    if (!local) {
      return fail_with(local.error());
    }
    server = *local;
  } else {
    auto address = parse_server(choice.server);
    if (!address) {
      return fail_with(address.error());
    }
    server.admin = *address;
  }
  auto token = choose_token(choice, server.token_file);
  if (!token) {
    return fail_with(token.error());
  }
  AdminTarget target{.address = server.admin.address, .token = *token};
  if (server.admin.tls) {
    target.tls = choice.tls;
  }
  return target;
}

}  // namespace rl::client
