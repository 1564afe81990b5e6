#include "rl/client/contexts.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "rl/base/file.h"
#include "rl/client/record_json.h"

namespace rl::client {
namespace {

constexpr std::size_t kLongestName = 64;

std::string environment(const char* name) {
  const char* const value =
      std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  return value == nullptr ? "" : value;
}

/// The text of a member; nothing when it is there and is no text.
std::optional<std::string> text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) {
    return std::string();
  }
  return found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

std::optional<Context> read_context(const Json& object) {
  const auto name = text_of(object, "name");
  const auto server = text_of(object, "server");
  const auto token_file = text_of(object, "token_file");
  if (!name || !server || !token_file || !is_context_name(*name) || server->empty()) {
    return std::nullopt;
  }
  return Context{.name = *name, .server = *server, .token_file = *token_file};
}

std::optional<Contexts> read_contexts(const Json& document) {
  const auto list = document.find("contexts");
  const auto current = text_of(document, "current");
  if (!document.is_object() || !current || list == document.end() || !list->is_array()) {
    return std::nullopt;
  }
  Contexts contexts{.all = {}, .current = *current};
  for (const Json& object : *list) {
    const auto context = object.is_object() ? read_context(object) : std::nullopt;
    if (!context) {
      return std::nullopt;
    }
    contexts.put(*context);
  }
  return contexts;
}

auto by_name(std::string_view name) {
  return [name](const Context& context) { return context.name == name; };
}

}  // namespace

const Context* Contexts::find(std::string_view name) const {
  const auto found = std::find_if(all.begin(), all.end(), by_name(name));
  return found == all.end() ? nullptr : &*found;
}

void Contexts::put(Context context) {
  const auto found = std::find_if(all.begin(), all.end(), by_name(context.name));
  if (found == all.end()) {
    all.push_back(std::move(context));
  } else {
    *found = std::move(context);
  }
}

bool Contexts::remove(std::string_view name) {
  if (current == name) {
    current.clear();
  }
  return std::erase_if(all, by_name(name)) > 0;
}

std::optional<std::string> contexts_file() {
  const std::string config = environment("XDG_CONFIG_HOME");
  const std::string home = environment("HOME");
  if (config.empty() && home.empty()) {
    return std::nullopt;
  }
  return (config.empty() ? home + "/.config" : config) + "/rl/contexts.json";
}

Result<Contexts> load_contexts(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
    return Contexts{};
  }
  const auto text = read_file(path);
  if (!text) {
    return fail_with(text.error());
  }
  const Json document = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  auto contexts = document.is_object() ? read_contexts(document) : std::nullopt;
  if (!contexts) {
    return fail(fmt::format("{} does not hold the contexts of rlctl", path),
                "mend it or take it away; rlctl context add writes it anew");
  }
  return *std::move(contexts);
}

Result<void> save_contexts(const std::string& path, const Contexts& contexts) {
  Json list = Json::array();
  for (const Context& context : contexts.all) {
    list.push_back(
        {{"name", context.name}, {"server", context.server}, {"token_file", context.token_file}});
  }
  const Json document = {{"schema_version", 1}, {"current", contexts.current}, {"contexts", list}};
  if (auto made = make_private_directory(path.substr(0, path.rfind('/'))); !made) {
    return made;
  }
  return write_file(path, to_text(document, /*indented=*/true) + "\n", FileMode::kPrivate);
}

bool is_context_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

}  // namespace rl::client
