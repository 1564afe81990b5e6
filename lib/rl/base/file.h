#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl {

/// The whole file; at most 16 MiB, so that a wrong path cannot fill the memory.
Result<std::string> read_file(const std::string& path);

/// Who may read a file that we write.
enum class FileMode : std::uint32_t { kPrivate = 0600, kPublic = 0644 };

/// Writes the file whole or not at all: a new file beside it is synced and renamed over it.
Result<void> write_file(const std::string& path, std::string_view content, FileMode mode);

/// Writes a file that may be there already: as write_file(), keeping who may read it, and through a
/// symbolic link, which stays.
Result<void> replace_file(const std::string& path, std::string_view content);

/// What tells one state of a file from another: which file it is, its size, when it was written.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;  ///< 0: there is no file
  std::int64_t size = 0;
  std::int64_t written_ns = 0;

  bool operator==(const FileStamp&) const = default;
};

/// Of the file that the path leads to, through symbolic links.
FileStamp stamp_of(const std::string& path);

/// Makes the directory and its parents; new ones are readable by their owner alone (0700).
Result<void> make_private_directory(const std::string& path);

}  // namespace rl
