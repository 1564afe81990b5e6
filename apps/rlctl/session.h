#pragma once

#include <functional>
#include <type_traits>

#include "exit_code.h"
#include "output.h"
#include "rl/client/admin_client.h"
#include "rl/client/discovery.h"

namespace rl::ctl {

/// One run of rlctl: what its global options say, and how it ends.
struct Session {
  client::ServerChoice choice;
  Micros timeout = std::chrono::seconds{5};
  bool json = false;
  bool no_color = false;
  bool yes = false;  ///< do what cannot be undone without asking
  int exit_code = kOk;

  Display display() const { return standard_output(no_color); }
};

inline client::AdminResult<client::AdminClient> connect(const Session& session) {
  auto target = client::find_server(session.choice);
  if (!target) {
    return rl::fail_with(target.error());
  }
  return client::AdminClient(target->address, target->token, session.timeout);
}

/// Connects and asks one question, a callable on the AdminClient.
template <class Question>
std::invoke_result_t<Question, client::AdminClient&> ask(const Session& session,
                                                         Question question) {
  auto admin = connect(session);
  if (!admin) {
    return rl::fail_with(admin.error());
  }
  return std::invoke(question, *admin);
}

}  // namespace rl::ctl
