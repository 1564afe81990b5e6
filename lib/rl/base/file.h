#pragma once

#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl {

/// The whole file; at most 16 MiB, so that a wrong path cannot fill the memory.
Result<std::string> read_file(const std::string& path);

/// Who may read a file that we write.
enum class FileMode { kPrivate = 0600, kPublic = 0644 };

/// Writes the file whole or not at all: a new file beside it is synced and renamed over it.
Result<void> write_file(const std::string& path, std::string_view content, FileMode mode);

/// Makes the directory and its parents; new ones are readable by their owner alone (0700).
Result<void> make_private_directory(const std::string& path);

}  // namespace rl
