#include "data_directory.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rl/base/file.h"
#include "rl/base/random.h"
#include "rl/config/data_dir.h"

namespace rlserver {
namespace {

constexpr std::size_t kTokenBytes = 24;  // 192 random bits

}  // namespace

rl::Result<DataDirectory> DataDirectory::open(const std::string& path) {
  if (const auto made = rl::make_private_directory(path); !made) {
    return rl::fail(made.error().message, "choose another with --data-dir");
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 &&
      (status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0)) {
    return rl::fail(fmt::format("others can write into the data directory {}", path),
                    fmt::format("chown it to the server's user, and chmod go-w {}", path));
  }
  // Absolute, because what is published is read from other working directories.
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).string();
  const std::string lock_path = absolute + "/lock";
  rl::Descriptor lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.is_open()) {
    return rl::fail(fmt::format("cannot write into the data directory {}: {}", path,
                                std::system_category().message(errno)),
                    "choose another with --data-dir");
  }
  if (::flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    return rl::fail(fmt::format("the data directory {} belongs to a server that is running", path),
                    "give this one another with --data-dir");
  }
  return DataDirectory(absolute, std::move(lock));
}

DataDirectory::~DataDirectory() {
  if (lock_.is_open()) {
    ::unlink((path_ + "/" + rl::kServerFile).c_str());
  }
}

rl::Result<std::string> DataDirectory::own_token_file() const {
  const std::string path = path_ + "/" + rl::kTokenFile;
  if (std::error_code ignored; std::filesystem::exists(path, ignored)) {
    return path;
  }
  rl::SystemRandom random;
  const auto written =
      rl::write_file(path, rl::random_hex(random, kTokenBytes) + "\n", rl::FileMode::kPrivate);
  if (!written) {
    return rl::fail_with(written.error());
  }
  return path;
}

rl::Result<void> DataDirectory::publish(std::string_view addresses) const {
  return rl::write_file(path_ + "/" + rl::kServerFile, addresses, rl::FileMode::kPrivate);
}

}  // namespace rlserver
