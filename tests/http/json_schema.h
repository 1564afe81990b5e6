#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace rl::test {

/// What a "$ref" within the document leads to, or the node itself.
const nlohmann::json& resolve(const nlohmann::json& document, const nlohmann::json& node);

/// The first way in which a value is not as a schema of the document says, with its place; empty
/// when it is. Knows $ref, allOf, type, enum, required, properties, items, minimum, maximum and
/// pattern; another keyword is itself a fault, except for those that assert nothing.
std::string schema_fault(const nlohmann::json& document, const nlohmann::json& schema,
                         const nlohmann::json& value, const std::string& at = "$");

}  // namespace rl::test
