#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.h"

namespace rl::cli {

/// What is offered for a value.
enum class Offer { kNothing, kWords, kFiles, kDirectories };
Offer offer_of(const Parameter& parameter);

/// Calls `visit` with the command and all below it, the command first.
void for_each_command(const Command& command, const std::function<void(const Command&)>& visit);

/// Every spelling of every option of the tree that takes a value, once.
std::vector<std::string> value_options(const Command& program);

/// The text between single quotes, as bash and zsh read it; fish reads it in the same way, because
/// there is no backslash in it.
std::string single_quoted(std::string_view text);

/// The first sentence of a description, without what could not stand between single quotes.
std::string summary(std::string_view help);

}  // namespace rl::cli
