#pragma once

#include <string_view>

namespace rlserver {

/// Tells the service manager that started us, such as systemd, how we are: "READY=1", "STOPPING=1".
/// One datagram to the socket named by NOTIFY_SOCKET, as sd_notify(3) describes it; without that
/// variable, or when nobody listens there, nothing.
void notify_service_manager(std::string_view state);

}  // namespace rlserver
