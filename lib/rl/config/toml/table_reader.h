#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rl/config/toml/faults.h"

namespace rl {

/// Both ends belong to it.
struct IntegerRange {
  std::int64_t least;
  std::int64_t most;
};

/// One key of a table and what stands under it.
struct Entry {
  std::string_view key;
  const toml::node* node;
  Place key_place;
};

/// Reads one table of the file, key by key. A reading gives nothing when the key is not there, or
/// when its value is of the wrong kind: that is told to the faults at once, so the caller goes on
/// with its default. The table and the faults outlive the reader.
class TableReader {
 public:
  /// Any key is valid: a table of names.
  TableReader(const toml::table& table, Faults& faults) : table_(table), faults_(faults) {}

  /// Tells of every key that is not among `valid`.
  TableReader(const toml::table& table, const std::vector<std::string>& valid, Faults& faults);

  bool has(std::string_view key) const { return table_.contains(key); }

  /// has(), and a fault at the table when it has not.
  bool require(std::string_view key, std::string hint = {}) const;

  std::optional<std::int64_t> integer(std::string_view key) const;
  std::optional<std::int64_t> integer(std::string_view key, IntegerRange range) const;
  std::optional<std::string> text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;

  /// nullptr when there is none. `header` is how to write one: "[global]".
  const toml::table* table(std::string_view key, std::string_view header) const;

  /// The tables of an array; nothing when there is no array. `header` is how to write one:
  /// "[[routes]]".
  std::optional<std::vector<std::reference_wrapper<const toml::table>>> tables(
      std::string_view key, std::string_view header) const;

  /// Whether the value of that key is an array without elements.
  bool is_empty_array(std::string_view key) const;

  /// All keys in the order of the file.
  std::vector<Entry> entries() const;

  /// Of the table's header, or its opening brace.
  Place place() const;

  /// Of the value of that key; of the table when the key is not there.
  Place place_of(std::string_view key) const;

 private:
  template <class T>
  const auto* find(std::string_view key, std::string_view wanted, std::string hint = {}) const;

  const toml::table& table_;
  Faults& faults_;
};

/// The table of that entry, or nullptr after telling that it is something else.
const toml::table* table_of(const Entry& entry, Faults& faults);

}  // namespace rl
