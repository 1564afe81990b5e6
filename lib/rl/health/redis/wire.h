#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rl/base/result.h"
#include "rl/health/fleet.h"

// How instances write to each other. What is read may be anything: another release or another
// program may have written it.
namespace rl::redis {

/// What health.lua takes after its mode.
std::vector<std::string> words_of(const SharedHealth& health);

/// Reads the text that health.lua tells. Fails on what is no health.
Result<SharedHealth> parse_health(std::string_view text);

std::string text_of(const InstanceRecord& instance);

/// Fails on what is no instance.
Result<InstanceRecord> parse_instance(std::string_view text);

}  // namespace rl::redis
