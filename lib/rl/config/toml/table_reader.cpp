#include "rl/config/toml/table_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "rl/config/names.h"

namespace rl {
namespace {

Place begin_of(const toml::source_region& region) {
  // An empty document has no region; it begins where every file begins.
  return {std::max<std::size_t>(region.begin.line, 1),
          std::max<std::size_t>(region.begin.column, 1)};
}

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a float";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date-time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

}  // namespace

TableReader::TableReader(const toml::table& table, const std::vector<std::string>& valid,
                         Faults& faults)
    : TableReader(table, faults) {
  for (const auto& [key, node] : table) {
    if (std::find(valid.begin(), valid.end(), key.str()) == valid.end()) {
      faults.add(begin_of(key.source()), fmt::format("unknown key {}", quoted(key.str())),
                 suggest(key.str(), valid));
    }
  }
}

template <class T>
const auto* TableReader::find(std::string_view key, std::string_view wanted,
                              std::string hint) const {
  const toml::node* const node = table_.get(key);
  const auto* const found = node == nullptr ? nullptr : node->as<T>();
  if (node != nullptr && found == nullptr) {
    faults_.add(place_of(key),
                fmt::format("{} must be {}, not {}", quoted(key), wanted, kind_of(*node)),
                std::move(hint));
  }
  return found;
}

bool TableReader::require(std::string_view key, std::string hint) const {
  if (!has(key)) {
    faults_.add(place(), fmt::format("{} is missing", quoted(key)), std::move(hint));
  }
  return has(key);
}

std::optional<std::int64_t> TableReader::integer(std::string_view key) const {
  const auto* const found = find<std::int64_t>(key, "an integer");
  return found == nullptr ? std::nullopt : std::optional(found->get());
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, IntegerRange range) const {
  const auto value = integer(key);
  if (value && (*value < range.least || *value > range.most)) {
    faults_.add(place_of(key), fmt::format("{} must be {} to {}, not {}", quoted(key), range.least,
                                           range.most, *value));
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> TableReader::text(std::string_view key) const {
  const auto* const found = find<std::string>(key, "a string");
  return found == nullptr ? std::nullopt : std::optional(found->get());
}

std::optional<bool> TableReader::boolean(std::string_view key) const {
  const auto* const found = find<bool>(key, "a boolean");
  return found == nullptr ? std::nullopt : std::optional(found->get());
}

const toml::table* TableReader::table(std::string_view key, std::string_view header) const {
  return find<toml::table>(key, "a table", fmt::format("write it as {}", header));
}

std::optional<std::vector<std::reference_wrapper<const toml::table>>> TableReader::tables(
    std::string_view key, std::string_view header) const {
  const std::string hint = fmt::format("write each as {}", header);
  const auto* const array = find<toml::array>(key, "an array of tables", hint);
  if (array == nullptr) {
    return std::nullopt;
  }
  std::vector<std::reference_wrapper<const toml::table>> tables;
  for (const toml::node& node : *array) {
    if (const auto* const table = node.as_table(); table != nullptr) {
      tables.emplace_back(*table);
    } else {
      faults_.add(begin_of(node.source()),
                  fmt::format("{} must hold tables only, not {}", quoted(key), kind_of(node)),
                  hint);
    }
  }
  return tables;
}

bool TableReader::is_empty_array(std::string_view key) const {
  const toml::array* const array = table_[key].as_array();
  return array != nullptr && array->empty();
}

std::vector<Entry> TableReader::entries() const {
  std::vector<Entry> entries;
  for (const auto& [key, node] : table_) {
    entries.push_back({key.str(), &node, begin_of(key.source())});
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.key_place.line, a.key_place.column) <
           std::tie(b.key_place.line, b.key_place.column);
  });
  return entries;
}

Place TableReader::place() const {
  return begin_of(table_.source());
}

Place TableReader::place_of(std::string_view key) const {
  const toml::node* const node = table_.get(key);
  return node == nullptr ? place() : begin_of(node->source());
}

const toml::table* table_of(const Entry& entry, Faults& faults) {
  const toml::table* const table = entry.node->as_table();
  if (table == nullptr) {
    faults.add(begin_of(entry.node->source()),
               fmt::format("{} must be a table, not {}", quoted(entry.key), kind_of(*entry.node)));
  }
  return table;
}

}  // namespace rl
