#pragma once

#include <sys/socket.h>

#include <string>

#include "rl/base/address.h"
#include "rl/base/descriptor.h"
#include "rl/base/result.h"
#include "rl/http/exchange.h"

namespace rl::http {

/// Listens, without blocking, at the address; port 0 takes a free one. Fails when the port is taken
/// or the host is not ours.
Result<Descriptor> listen_at(const Address& wanted);

/// The port of our end of a socket.
int local_port(int socket);

/// Both ends of an accepted socket.
Ends ends_of(int socket, const sockaddr_storage& peer);

/// What connections of one peer are counted by: its IPv4 address, or the first half of an IPv6
/// address, because whoever has one has all with that half.
std::string peer_key(const sockaddr_storage& peer);

}  // namespace rl::http
