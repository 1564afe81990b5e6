#include "tests/http/json_schema.h"

#include <algorithm>
#include <array>
#include <regex>

namespace rl::test {
namespace {

using nlohmann::json;

bool is_of_type(const json& value, const std::string& type) {
  return type == "null"      ? value.is_null()
         : type == "boolean" ? value.is_boolean()
         : type == "string"  ? value.is_string()
         : type == "integer" ? value.is_number_integer()
         : type == "number"  ? value.is_number()
         : type == "array"   ? value.is_array()
                             : type == "object" && value.is_object();
}

bool type_fits(const json& types, const json& value) {
  if (types.is_string()) {
    return is_of_type(value, types.get<std::string>());
  }
  return std::any_of(types.begin(), types.end(),
                     [&](const json& type) { return is_of_type(value, type.get<std::string>()); });
}

/// One keyword that says something about a value without looking into it.
bool keyword_fits(const std::string& keyword, const json& wanted, const json& value) {
  if (keyword == "type") {
    return type_fits(wanted, value);
  }
  if (keyword == "enum") {
    return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  }
  if (keyword == "minimum") {
    return !value.is_number() || value >= wanted;
  }
  if (keyword == "maximum") {
    return !value.is_number() || value <= wanted;
  }
  if (keyword == "pattern") {
    return !value.is_string() ||
           std::regex_search(value.get<std::string>(), std::regex(wanted.get<std::string>()));
  }
  constexpr std::array kSilent = {"description", "format",     "minLength", "maxLength", "$ref",
                                  "allOf",       "properties", "required",  "items"};
  return std::find(kSilent.begin(), kSilent.end(), keyword) != kSilent.end();
}

std::string fault_inside(const json& document, const json& schema, const json& value,
                         const std::string& at) {
  if (value.is_object()) {
    for (const json& name : schema.value("required", json::array())) {
      if (!value.contains(name.get<std::string>())) {
        return at + " has no " + name.dump();
      }
    }
    const json properties = schema.value("properties", json::object());
    for (const auto& [name, property] : properties.items()) {
      const auto found = value.find(name);
      if (found != value.end()) {
        if (auto fault = schema_fault(document, property, *found, at + "." + name);
            !fault.empty()) {
          return fault;
        }
      }
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto fault =
          schema_fault(document, schema["items"], value[i], at + "[" + std::to_string(i) + "]");
      if (!fault.empty()) {
        return fault;
      }
    }
  }
  return {};
}

}  // namespace

const json& resolve(const json& document, const json& node) {
  const auto found = node.find("$ref");
  if (found == node.end()) {
    return node;
  }
  return resolve(document, document.at(json::json_pointer(found->get<std::string>().substr(1))));
}

std::string schema_fault(const json& document, const json& schema, const json& value,
                         const std::string& at) {
  const json& real = resolve(document, schema);
  for (const auto& [keyword, wanted] : real.items()) {
    if (!keyword_fits(keyword, wanted, value)) {
      return at + ": " + keyword + " " + wanted.dump() + " does not hold for " + value.dump();
    }
  }
  for (const json& part : real.value("allOf", json::array())) {
    if (auto fault = schema_fault(document, part, value, at); !fault.empty()) {
      return fault;
    }
  }
  return fault_inside(document, real, value, at);
}

}  // namespace rl::test
