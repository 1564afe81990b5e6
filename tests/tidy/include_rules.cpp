#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "tests/tidy/prefixes.h"
#include "tests/tidy/rules.h"

namespace rl::tidy {
namespace {

struct Include {
  std::size_t line;
  std::string_view target;  ///< between the quotes or the angle brackets
};

/// The include directives of a source; those inside comments and literals are none.
std::vector<Include> includes_of(const Source& source) {
  constexpr std::string_view kDirective = "#include ";
  std::vector<Include> includes;
  std::size_t line = 1;
  for (std::size_t at = 0; at < source.code.size(); ++line) {
    const std::size_t end = std::min(source.code.find('\n', at), source.code.size());
    const std::string_view code = std::string_view(source.code).substr(at, end - at);
    if (code.starts_with(kDirective)) {
      const std::string_view text = std::string_view(source.text).substr(at, end - at);
      const std::size_t open = kDirective.size();
      const std::size_t close = text.find_first_of("\">", open + 1);
      includes.push_back({line, text.substr(open + 1, close - open - 1)});
    }
    at = end + 1;
  }
  return includes;
}

/// The files below `folder` may include the modules of lib/rl that are named.
struct Arrow {
  std::string_view folder;
  std::string_view modules;  ///< separated by spaces
};

// The first row that fits a path counts.
constexpr Arrow kArrows[] = {
    {"lib/rl/base/", "base"},
    {"lib/rl/limit/", "limit base"},
    {"lib/rl/config/", "config limit base"},
    {"lib/rl/metrics/", "metrics config limit base"},
    {"lib/rl/redis/", "redis base"},
    {"lib/rl/store/", "store redis metrics config limit base"},
    {"lib/rl/health/", "health redis metrics config limit base"},
    {"lib/rl/identity/", "identity redis metrics config limit base"},
    {"lib/rl/admission/", "admission store health identity metrics config limit base"},
    {"lib/rl/http/", "http admission store health identity metrics config limit base"},
    {"lib/rl/client/", "client config limit base"},
    {"lib/rl/load/sim", "load admission client config limit base"},
    {"lib/rl/load/", "load client config limit base"},
    {"apps/rlserver/",
     "http client load admission store redis health identity metrics config limit base"},
    {"apps/", "client load admission store health identity metrics config limit base"},
};

/// A header of a library, and the folders that may see it.
struct ThirdParty {
  std::string_view header;   ///< how its include begins
  std::string_view folders;  ///< separated by spaces
};

constexpr ThirdParty kThirdParty[] = {
    {"spdlog/", "lib/rl/base/"},
    {"toml++/", "lib/rl/config/"},
    {"hiredis/", "lib/rl/redis/"},
    {"sqlite3.h", "lib/rl/identity/sqlite/"},
    {"prometheus/", "lib/rl/metrics/"},
    {"openssl/", "lib/rl/identity/ lib/rl/http/tls/ lib/rl/redis/"},
    {"xxhash.h", "lib/rl/store/memory/"},
    {"benchmark/", "bench/"},
    {"curl/", "lib/rl/http/gateway/"},
    {"httplib.h", "lib/rl/http/ lib/rl/client/ examples/"},
    {"CLI/", "apps/"},
    {"doctest/", "tests/"},
};

bool is_in_list(std::string_view word, std::string_view list) {
  return fmt::format(" {} ", list).find(fmt::format(" {} ", word)) != std::string::npos;
}

/// The module of an include of the library ("rl/base/clock.h" is of "base"), if it is one.
std::optional<std::string_view> module_of(std::string_view target) {
  if (!target.starts_with("rl/")) {
    return std::nullopt;
  }
  target.remove_prefix(3);
  return target.substr(0, target.find('/'));
}

}  // namespace

Findings check_module_arrows(const Source& source) {
  if (!starts_with_any(source.path, "lib/ apps/")) {
    return {};  // tests and benchmarks may look at everything
  }
  const auto* const arrow =
      std::find_if(std::begin(kArrows), std::end(kArrows),
                   [&](const Arrow& row) { return source.path.starts_with(row.folder); });
  if (arrow == std::end(kArrows)) {
    return {{1, "is in no module that the table of include arrows knows"}};
  }
  Findings findings;
  for (const Include& include : includes_of(source)) {
    const auto module = module_of(include.target);
    if (module && !is_in_list(*module, arrow->modules)) {
      findings.push_back(
          {include.line, fmt::format("{} may not include {}; it may include: {}", arrow->folder,
                                     include.target, arrow->modules)});
    } else if (starts_with_any(include.target, "tests/ bench/")) {
      findings.push_back(
          {include.line, fmt::format("{} is not part of the product", include.target)});
    }
  }
  return findings;
}

Findings check_third_party(const Source& source) {
  if (source.path.starts_with("tests/")) {
    return {};
  }
  Findings findings;
  for (const Include& include : includes_of(source)) {
    for (const auto& [header, folders] : kThirdParty) {
      if (include.target.starts_with(header) && !starts_with_any(source.path, folders)) {
        findings.push_back(
            {include.line, fmt::format("{} is for {} alone", include.target, folders)});
      }
    }
  }
  return findings;
}

Findings check_own_header_first(const Source& source) {
  if (!source.has_own_header) {
    return {};
  }
  const std::string own = source.path.substr(0, source.path.rfind('.')) + ".h";
  const std::vector<Include> includes = includes_of(source);
  if (!includes.empty() &&
      fmt::format("/{}", own).ends_with(fmt::format("/{}", includes[0].target))) {
    return {};
  }
  return {{includes.empty() ? 1 : includes[0].line, fmt::format("must include {} first", own)}};
}

}  // namespace rl::tidy
