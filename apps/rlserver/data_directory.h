#pragma once

#include <string>
#include <string_view>

#include "rl/base/descriptor.h"
#include "rl/base/result.h"

namespace rlserver {

/// The server's own directory: made if need be, used by one server at a time (an flock, which ends
/// with the process), holding the admin token and, while the server runs, where to find it.
class DataDirectory {
 public:
  static rl::Result<DataDirectory> open(const std::string& path);

  DataDirectory(DataDirectory&& other) noexcept = default;
  DataDirectory& operator=(DataDirectory&&) = delete;
  /// Takes the address file away and frees the directory for the next server.
  ~DataDirectory();

  /// The token file; a random token is put there the first time.
  rl::Result<std::string> own_token_file() const;

  /// The database of users and keys.
  std::string users_file() const { return path_ + "/rl.db"; }

  /// Tells local tools where the server is.
  rl::Result<void> publish(std::string_view addresses) const;

 private:
  DataDirectory(std::string path, rl::Descriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  rl::Descriptor lock_;
};

}  // namespace rlserver
