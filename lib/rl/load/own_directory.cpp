#include "rl/load/own_directory.h"

#include <fmt/core.h>
#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "rl/base/file.h"

namespace rl::load {

OwnDirectory::~OwnDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<std::shared_ptr<const OwnDirectory>> OwnDirectory::make() {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  std::string path = (parent / "rlload-XXXXXX").string();
  if (error || ::mkdtemp(path.data()) == nullptr) {
    return fail(fmt::format("cannot make a temporary directory {}: {}", path,
                            error ? error.message() : std::system_category().message(errno)),
                "set TMPDIR to a directory that can be written");
  }
  return std::make_shared<const OwnDirectory>(path);
}

std::string OwnDirectory::file(std::string_view name) const {
  return fmt::format("{}/{}", path_, name);
}

std::string last_words(const std::string& log_path) {
  constexpr std::size_t kLongest = 4096;
  std::string log = read_file(log_path).value_or("");
  log.erase(log.find_last_not_of('\n') + 1);
  return log.size() > kLongest ? log.substr(log.size() - kLongest) : log;
}

}  // namespace rl::load
