#pragma once

#include <string>

#include "rl/http/server.h"

namespace rl::http {

/// Adds /openapi.json, the description of both listeners in the form of OpenAPI 3.1, and /docs, a
/// page that shows it and sends requests to this listener. Neither needs a key or a token: they
/// tell nothing of this instance but its version. `listener` is "data" or "admin".
void mount_api_docs(Server& server, const std::string& listener, const std::string& version);

}  // namespace rl::http
