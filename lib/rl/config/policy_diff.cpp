#include "rl/config/policy_diff.h"

#include <fmt/core.h>

#include <algorithm>

#include "rl/base/duration.h"
#include "rl/config/names.h"

namespace rl {
namespace {

std::string text_of(const std::string& text) {
  return quoted(text);
}
std::string text_of(bool yes) {
  return yes ? "true" : "false";
}
std::string text_of(std::uint32_t number) {
  return std::to_string(number);
}
std::string text_of(int number) {
  return std::to_string(number);
}
std::string text_of(Micros duration) {
  return text_of(format_duration(duration));
}
std::string text_of(Scope scope) {
  return quoted(to_string(scope));
}
std::string text_of(Algorithm algorithm) {
  return quoted(to_string(algorithm));
}
std::string text_of(const std::optional<std::string>& text) {
  return text ? text_of(*text) : "";
}

std::string text_of(const std::optional<OnStoreFailure>& choice) {
  return choice ? quoted(to_string(*choice)) : "";
}

/// The limit in a few words, for one that comes or goes as a whole.
std::string summary_of(const Rule& rule) {
  return fmt::format("base {}, burst {}, degraded {} in {}", rule.base, rule.burst, rule.degraded,
                     format_duration(rule.window));
}
std::string summary_of(const Tier& tier) {
  return tier.unlimited ? "unlimited" : "";
}
std::string summary_of(const Route& route) {
  return fmt::format("cost {}", route.cost);
}

const std::string& name_of(const Rule& rule) {
  return rule.name;
}
const std::string& name_of(const Tier& tier) {
  return tier.name;
}
const std::string& name_of(const Route& route) {
  return route.match;
}

template <class Part>
const Part* find(const std::vector<Part>& parts, const std::string& name) {
  const auto found = std::find_if(parts.begin(), parts.end(),
                                  [&](const Part& part) { return name_of(part) == name; });
  return found == parts.end() ? nullptr : &*found;
}

/// Walks two policies side by side and notes where they differ.
class Comparison {
 public:
  void compare(const Policy& before, const Policy& after) {
    member("", "default_tier", before.default_tier, after.default_tier);
    member("anonymous", "tier", before.anonymous_tier, after.anonymous_tier);
    parts("global.limits", before.global_rules, after.global_rules);
    parts("tiers", before.tiers, after.tiers);
    parts("routes", before.routes, after.routes);
  }

  std::vector<PolicyChange> take() && { return std::move(changes_); }

 private:
  template <class T>
  void member(const std::string& where, std::string_view name, const T& before, const T& after) {
    if (before != after) {
      changes_.push_back({.kind = ChangeKind::kChanged,
                          .where = where,
                          .member = std::string(name),
                          .before = text_of(before),
                          .after = text_of(after)});
    }
  }

  /// Parts that are told apart by their names: what is gone, what both have, what is new.
  template <class Part>
  void parts(const std::string& where, const std::vector<Part>& before,
             const std::vector<Part>& after) {
    for (const Part& part : before) {
      const std::string place = place_of(where, part);
      if (const Part* const other = find(after, name_of(part)); other != nullptr) {
        members(place, part, *other);
      } else {
        changes_.push_back(
            {.kind = ChangeKind::kRemoved, .where = place, .before = summary_of(part)});
      }
    }
    for (const Part& part : after) {
      if (find(before, name_of(part)) == nullptr) {
        const std::string place = place_of(where, part);
        changes_.push_back({.kind = ChangeKind::kAdded, .where = place, .after = summary_of(part)});
        limits(place, {}, part);
      }
    }
  }

  static std::string place_of(const std::string& where, const Route& route) {
    return fmt::format("{}.{}", where, quoted(route.match));
  }
  template <class Part>
  static std::string place_of(const std::string& where, const Part& part) {
    return fmt::format("{}.{}", where, name_of(part));
  }

  void limits(const std::string&, const Rule&, const Rule&) {}
  template <class Part>
  void limits(const std::string& place, const Part& before, const Part& after) {
    parts(place + ".limits", before.rules, after.rules);
  }

  void members(const std::string& place, const Tier& before, const Tier& after) {
    member(place, "description", before.description, after.description);
    member(place, "shed_order", before.shed_order, after.shed_order);
    member(place, "unlimited", before.unlimited, after.unlimited);
    member(place, "on_store_failure", before.on_store_failure, after.on_store_failure);
    limits(place, before, after);
  }
  void members(const std::string& place, const Route& before, const Route& after) {
    member(place, "cost", before.cost, after.cost);
    limits(place, before, after);
  }
  void members(const std::string& place, const Rule& before, const Rule& after) {
    member(place, "window", before.window, after.window);
    member(place, "algorithm", before.algorithm, after.algorithm);
    member(place, "scope", before.scope, after.scope);
    member(place, "base", before.base, after.base);
    member(place, "burst", before.burst, after.burst);
    member(place, "degraded", before.degraded, after.degraded);
    member(place, "enforce", before.enforce, after.enforce);
  }

  std::vector<PolicyChange> changes_;
};

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "added";
    case ChangeKind::kRemoved:
      return "removed";
    case ChangeKind::kChanged:
      return "changed";
  }
  return "changed";
}

std::vector<PolicyChange> differences(const Policy& before, const Policy& after) {
  Comparison comparison;
  comparison.compare(before, after);
  return std::move(comparison).take();
}

}  // namespace rl
