#include "admin_access.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "rl/base/file.h"

namespace rlserver {

rl::Result<AdminAccess> find_admin_access(const Options& options, const DataDirectory& directory) {
  std::string file = options.admin_token_file;
  if (file.empty()) {
    const char* const text = std::getenv("RL_ADMIN_TOKEN");  // NOLINT(concurrency-mt-unsafe)
    if (text != nullptr && *text != '\0') {
      auto tokens = rl::AdminTokens::parse(text, "the variable RL_ADMIN_TOKEN");
      return tokens ? rl::Result<AdminAccess>(AdminAccess{*std::move(tokens), ""})
                    : rl::fail_with(tokens.error());
    }
    if (!options.admin_listen.is_loopback()) {
      return rl::fail(
          fmt::format("the admin listener {} can be reached from outside and has no token",
                      options.admin_listen.to_string()),
          "give it one with --admin-token-file or RL_ADMIN_TOKEN");
    }
    const auto own = directory.own_token_file();
    if (!own) {
      return rl::fail_with(own.error());
    }
    file = *own;
  }
  auto tokens = read_tokens(file);
  if (!tokens) {
    return rl::fail_with(tokens.error());
  }
  // Absolute, because local tools read it from other working directories.
  std::error_code ignored;
  return AdminAccess{*std::move(tokens), std::filesystem::absolute(file, ignored).string()};
}

rl::Result<rl::AdminTokens> read_tokens(const std::string& path) {
  const auto content = rl::read_file(path);
  if (!content) {
    return rl::fail_with(content.error());
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    return rl::fail(fmt::format("the admin token file {} can be read by others", path),
                    fmt::format("chmod 600 {}", path));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return rl::fail(fmt::format("the admin token file {} belongs to another user", path));
  }
  return rl::AdminTokens::parse(*content, path);
}

}  // namespace rlserver
