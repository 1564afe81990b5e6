#pragma once

#include <string>

#include "rl/load/boundary.h"

namespace rl::load {

/// The case as an SVG document: the units admitted in the window that ends at each moment, the
/// limit, the largest count with what is over the limit, and below them every request, admitted and
/// denied in a row each. The same case gives the same bytes on every machine.
std::string draw_boundary(const BoundaryCase& played);

}  // namespace rl::load
