#pragma once

#include <netinet/in.h>

namespace rl::bench {

/// 127.0.0.1 and that port, which is given as text.
sockaddr_in loopback(const char* port);

/// Has the system give this program as many descriptors as it ever does.
void raise_descriptor_limit();

/// A new connection; -1 when there is none.
int connect_to(const sockaddr_in& peer);

}  // namespace rl::bench
