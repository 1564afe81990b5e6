#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"

namespace rl::client {

/// A server that the user gave a name. It holds where the token is, never the token.
struct Context {
  std::string name;
  std::string server;
  std::string token_file = {};  ///< absolute; empty: none
};

/// The servers that the user knows by name, in the order in which they were added.
struct Contexts {
  std::vector<Context> all;
  std::string current;  ///< the name of the one to use when nothing else is said; may be empty

  const Context* find(std::string_view name) const;

  /// Puts it in the place of the one with its name, else behind the others.
  void put(Context context);

  /// Whether there was one of that name. The current one leaves none in its place.
  bool remove(std::string_view name);
};

/// $XDG_CONFIG_HOME/rl/contexts.json, else ~/.config/rl/contexts.json; nothing without a home.
std::optional<std::string> contexts_file();

/// What the file holds; no file: no contexts. A file that is none of ours is an error.
Result<Contexts> load_contexts(const std::string& path);

/// Writes the file, readable by its owner alone (0600), and makes its directory (0700).
Result<void> save_contexts(const std::string& path, const Contexts& contexts);

/// Whether it can name a context: 1 to 64 letters, digits, "-", "_" and ".".
bool is_context_name(std::string_view name);

}  // namespace rl::client
