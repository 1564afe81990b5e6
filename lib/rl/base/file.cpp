#include "rl/base/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "rl/base/descriptor.h"

namespace rl {
namespace {

constexpr std::size_t kLargestFile = std::size_t{16} << 20U;

Failure<Error> system_failure(std::string_view doing, const std::string& path) {
  const std::string why = std::system_category().message(errno);
  return fail(fmt::format("cannot {} {}: {}", doing, path, why));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open()) {
    return system_failure("read", path);
  }
  std::string content;
  char buffer[16384];
  for (;;) {
    const ssize_t got = ::read(file.number(), buffer, sizeof buffer);
    if (got == 0) {
      return content;
    }
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      return system_failure("read", path);
    }
    content.append(buffer, static_cast<std::size_t>(got));
    if (content.size() > kLargestFile) {
      return fail(fmt::format("cannot read {}: it is larger than 16 MiB", path));
    }
  }
}

Result<void> write_file(const std::string& path, std::string_view content, FileMode mode) {
  std::string fresh = path + ".XXXXXX";
  const Descriptor file(::mkostemp(fresh.data(), O_CLOEXEC));
  if (!file.is_open()) {
    return system_failure("write", path);
  }
  const bool done = write_all(file.number(), content) &&
                    ::fchmod(file.number(), static_cast<mode_t>(mode)) == 0 &&
                    ::fsync(file.number()) == 0 && ::rename(fresh.c_str(), path.c_str()) == 0;
  if (!done) {
    const auto failure = system_failure("write", path);
    ::unlink(fresh.c_str());
    return failure;
  }
  return {};
}

Result<void> replace_file(const std::string& path, std::string_view content) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  struct stat status {};
  if (error || ::stat(real.c_str(), &status) != 0) {
    return write_file(path, content, FileMode::kPublic);
  }
  return write_file(real.string(), content, FileMode{status.st_mode & 0777U});
}

FileStamp stamp_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return {};
  }
  constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
  return {.device = status.st_dev,
          .inode = status.st_ino,
          .size = status.st_size,
          .written_ns = status.st_mtim.tv_sec * kNanosPerSecond + status.st_mtim.tv_nsec};
}

Result<void> make_private_directory(const std::string& path) {
  if (path.empty()) {
    return fail("cannot make a directory without a name");
  }
  std::string prefix;
  for (const auto& part : std::filesystem::path(path)) {
    prefix = (std::filesystem::path(prefix) / part).string();
    if (::mkdir(prefix.c_str(), 0700) != 0 && errno != EEXIST) {
      return system_failure("make the directory", prefix);
    }
  }
  if (std::error_code error; !std::filesystem::is_directory(path, error)) {
    return fail(fmt::format("cannot make the directory {}: a file stands there", path));
  }
  if (::access(path.c_str(), W_OK | X_OK) != 0) {
    return system_failure("write into the directory", path);
  }
  return {};
}

}  // namespace rl
