#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "cli/form.h"
#include "exit_code.h"
#include "output.h"
#include "rl/client/admin_client.h"
#include "rl/client/discovery.h"

namespace rl::ctl {

/// One run of rlctl: what its global options say, and how it ends.
struct Session {
  std::vector<std::string> arguments;  ///< the command line
  client::ServerChoice choice;
  std::string context;  ///< named by --context or its variable
  Micros timeout = std::chrono::seconds{5};
  cli::Form form = cli::Form::kTable;
  bool no_color = false;
  bool yes = false;  ///< do what cannot be undone without asking
  int exit_code = kOk;

  /// Data are printed for a program, by print_data().
  bool structured() const { return form != cli::Form::kTable; }
  Display display() const { return standard_output(no_color); }
};

/// Writes a document in the session's form, which is structured.
inline void print_data(const Session& session, const client::Json& document,
                       std::string_view list = {}) {
  print(cli::render(session.form, document, list));
}

/// Where the server is that this run is about, and the token for it.
client::AdminResult<client::AdminTarget> target_of(const Session& session);

/// A connection to that server.
client::AdminResult<client::AdminClient> connect(const Session& session);

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
