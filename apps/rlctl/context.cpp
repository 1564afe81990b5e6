#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "cli/arguments.h"
#include "commands.h"
#include "rl/base/text.h"
#include "rl/client/contexts.h"

namespace rl::ctl {
namespace {

using client::Context;
using client::Contexts;

/// The contexts with the file that they are kept in.
struct Store {
  std::string path;
  Contexts contexts;
};

client::AdminResult<Store> load() {
  const auto path = client::contexts_file();
  if (!path) {
    return client::admin_failure(client::AdminErrorKind::kFailed, "there is no place for contexts",
                                 "set HOME or XDG_CONFIG_HOME");
  }
  auto contexts = client::load_contexts(*path);
  if (!contexts) {
    return client::admin_failure(client::AdminErrorKind::kFailed, contexts.error().message,
                                 contexts.error().hint);
  }
  return Store{*path, *std::move(contexts)};
}

client::AdminResult<Context> find(const Contexts& contexts, const std::string& name) {
  if (const Context* const found = contexts.find(name); found != nullptr) {
    return *found;
  }
  std::vector<std::string> names;
  for (const Context& context : contexts.all) {
    names.push_back(context.name);
  }
  const auto near = nearest(name, names);
  return client::admin_failure(
      client::AdminErrorKind::kNotFound, fmt::format("there is no context \"{}\"", name),
      fmt::format("{}rlctl context list shows them all",
                  near ? fmt::format("did you mean \"{}\"?  ", *near) : ""));
}

void show(const Session& session, const Contexts& contexts) {
  client::Json list = client::Json::array();
  Table table({{"IN USE"}, {"NAME"}, {"SERVER"}, {"TOKEN FILE"}});
  for (const Context& context : contexts.all) {
    const bool current = context.name == contexts.current;
    table.add({current ? "*" : "", context.name, context.server,
               context.token_file.empty() ? "none" : context.token_file});
    list.push_back({{"name", context.name},
                    {"server", context.server},
                    {"token_file", context.token_file.empty() ? client::Json()
                                                              : client::Json(context.token_file)},
                    {"in_use", current}});
  }
  if (session.structured()) {
    print_data(session, {{"contexts", list}}, "contexts");
  } else {
    print(table.render(session.display()));
  }
}

/// Writes what was changed and shows it.
int save(const Session& session, const Store& store) {
  if (const auto saved = client::save_contexts(store.path, store.contexts); !saved) {
    complain(saved.error().message, saved.error().hint);
    return kFailure;
  }
  show(session, store.contexts);
  return kOk;
}

int list(const Session& session) {
  const auto store = load();
  if (!store) {
    return fail_with(store.error());
  }
  show(session, store->contexts);
  return kOk;
}

int use(const Session& session, const std::string& name) {
  auto store = load();
  if (!store) {
    return fail_with(store.error());
  }
  if (const auto found = find(store->contexts, name); !found && !name.empty()) {
    return fail_with(found.error());
  }
  store->contexts.current = name;
  return save(session, *store);
}

int add(const Session& session, const std::string& name) {
  if (!client::is_context_name(name)) {
    complain(fmt::format("\"{}\" cannot name a context", name),
             "use 1 to 64 letters, digits, \"-\", \"_\" and \".\"");
    return kUsage;
  }
  Context context{.name = name, .server = session.choice.server};
  if (context.server.empty()) {
    complain("a context is a server, and none was named", "add --server http://HOST:PORT");
    return kUsage;
  }
  if (!session.choice.token_file.empty()) {
    std::error_code ignored;
    context.token_file = std::filesystem::absolute(session.choice.token_file, ignored).string();
  }
  // An address that is none, or a token that cannot be read, is told now rather than at its use.
  client::ServerChoice choice = session.choice;
  choice.token.clear();
  if (const auto target = client::find_server(choice); !target) {
    return fail_with(target.error());
  }
  auto store = load();
  if (!store) {
    return fail_with(store.error());
  }
  if (store->contexts.find(name) != nullptr) {
    complain(fmt::format("there is a context \"{}\" already", name),
             fmt::format("rlctl context remove {} makes room", name));
    return kConflict;
  }
  store->contexts.put(std::move(context));
  return save(session, *store);
}

int remove(const Session& session, const std::string& name) {
  auto store = load();
  if (!store) {
    return fail_with(store.error());
  }
  if (const auto found = find(store->contexts, name); !found) {
    return fail_with(found.error());
  }
  store->contexts.remove(name);
  return save(session, *store);
}

std::shared_ptr<std::string> add_name(CLI::App& command) {
  auto name = std::make_shared<std::string>();
  command.add_option("name", *name, "The context")->type_name("NAME")->required();
  return name;
}

/// Whether a server was named otherwise, which goes before the context in use.
bool is_chosen_otherwise(const Session& session) {
  const char* const directory = std::getenv("RL_DATA_DIR");  // NOLINT(concurrency-mt-unsafe)
  return !session.choice.server.empty() || cli::is_given(session.arguments, "--data-dir") ||
         (directory != nullptr && *directory != '\0');
}

/// The server that this run is about: the one of --context, else of --server or --data-dir, else of
/// their variables, else the context in use, else the local one. The token of a context goes to
/// the server of that context alone.
client::AdminResult<client::ServerChoice> choose_server(const Session& session) {
  client::ServerChoice choice = session.choice;
  const bool by_flag = cli::is_given(session.arguments, "--context");
  if (by_flag && (cli::is_given(session.arguments, "--server") ||
                  cli::is_given(session.arguments, "--data-dir"))) {
    return client::admin_failure(client::AdminErrorKind::kInvalid,
                                 "two servers are named: by --context and by address",
                                 "give --context, --server or --data-dir");
  }
  if (!by_flag && is_chosen_otherwise(session)) {
    return choice;
  }
  if (!client::contexts_file() && session.context.empty()) {
    return choice;
  }
  const auto store = load();
  if (!store) {
    return rl::fail_with(store.error());
  }
  const std::string& name = session.context.empty() ? store->contexts.current : session.context;
  if (name.empty()) {
    return choice;
  }
  const auto context = find(store->contexts, name);
  if (!context) {
    return rl::fail_with(context.error());
  }
  choice.server = context->server;
  const bool token_is_chosen = by_flag ? cli::is_given(session.arguments, "--token-file")
                                       : !choice.token_file.empty() || !choice.token.empty();
  if (!token_is_chosen && !context->token_file.empty()) {
    choice.token_file = context->token_file;
  }
  return choice;
}

}  // namespace

client::AdminResult<client::AdminTarget> target_of(const Session& session) {
  const auto choice = choose_server(session);
  if (!choice) {
    return rl::fail_with(choice.error());
  }
  return client::find_server(*choice);
}

client::AdminResult<client::AdminClient> connect(const Session& session) {
  auto target = target_of(session);
  if (!target) {
    return rl::fail_with(target.error());
  }
  return client::AdminClient(target->address, target->token, session.timeout, target->tls);
}

void add_context(CLI::App& app, Session& session) {
  CLI::App* const context =
      app.add_subcommand("context", "Servers by name, and the one to use when none is named");
  context->require_subcommand(1);

  CLI::App* const all = context->add_subcommand("list", "A line per context");
  all->footer("Example:\n  rlctl context list");
  all->callback([&session] { session.exit_code = list(session); });

  CLI::App* const choice = context->add_subcommand("use", "Use this one when none is named");
  const auto chosen = std::make_shared<std::string>();
  CLI::Option* const name = choice->add_option("name", *chosen, "The context")->type_name("NAME");
  const auto none = std::make_shared<bool>(false);
  choice->add_flag("--none", *none, "None: the local server again")->excludes(name);
  choice->footer("Example:\n  rlctl context use production");
  choice->callback([&session, chosen, none] {
    if (chosen->empty() && !*none) {
      throw CLI::RequiredError("name");
    }
    session.exit_code = use(session, *chosen);
  });

  CLI::App* const addition = context->add_subcommand(
      "add", "Give the server of --server and --token-file a name; tokens are not kept");
  const auto added = add_name(*addition);
  addition->footer(
      "Example:\n  rlctl context add production --server http://10.0.0.5:8081 --token-file token");
  addition->callback([&session, added] { session.exit_code = add(session, *added); });

  CLI::App* const removal = context->add_subcommand("remove", "Forget a context");
  const auto removed = add_name(*removal);
  removal->footer("Example:\n  rlctl context remove production");
  removal->callback([&session, removed] { session.exit_code = remove(session, *removed); });
}

}  // namespace rl::ctl
