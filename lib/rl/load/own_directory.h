#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rl/base/result.h"

namespace rl::load {

/// A temporary directory that only we can read, removed with everything in it.
class OwnDirectory {
 public:
  /// Below the system's temporary directory.
  static Result<std::shared_ptr<const OwnDirectory>> make();

  explicit OwnDirectory(std::string path) : path_(std::move(path)) {}
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;
  ~OwnDirectory();

  std::string file(std::string_view name) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The end of what a program wrote into its log, which is where it says why it failed.
std::string last_words(const std::string& log_path);

}  // namespace rl::load
