#pragma once

#include <atomic>
#include <functional>

#include "rl/http/server.h"

namespace rl::http {

/// Whether the instance wants traffic; false while it drains. Relaxed: nothing hangs on it but the
/// answer of a probe.
using Readiness = std::atomic<bool>;

/// Adds /livez (the process answers) and /readyz (it wants traffic: 200; or 503 while it drains, or
/// while `decides` says that the store neither answers nor has something in its place). Probes need
/// no key and no token and are never limited.
void mount_probes(Server& server, const Readiness& ready, std::function<bool()> decides = {});

}  // namespace rl::http
