#include "rl/http/server.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "rl/http/http_date.h"
#include "rl/http/measured.h"
#include "rl/http/problem.h"
#include "rl/http/reply.h"

namespace rl::http {
namespace {

constexpr std::size_t kRequestsPerConnection =
    1'000'000;  // what clients are told; there is no bound

std::chrono::seconds idle_time() {
  return std::chrono::duration_cast<std::chrono::seconds>(Patience{}.idle);
}

/// The path as a regular expression, which is what httplib takes: it matches the path alone, with
/// any segment in the place of one in braces.
std::string pattern_of(std::string_view path) {
  constexpr std::string_view kSpecial = "^$\\.*+?()[]|";
  std::string pattern;
  bool inside = false;
  for (const char c : path) {
    if (c == '{') {
      pattern += "([^/]{1,64})";  // bounded, because std::regex recurses once a character
      inside = true;
    } else if (c == '}') {
      inside = false;
    } else if (!inside) {
      pattern +=
          kSpecial.find(c) == std::string_view::npos ? std::string(1, c) : std::string{'\\', c};
    }
  }
  return pattern;
}

bool has_encoded_body(const Exchange& exchange) {
  const auto encodes = [](const Field& field) {
    return same_word(field.name, "Content-Encoding") && !same_word(field.value, "identity");
  };
  return !exchange.body.empty() &&
         std::any_of(exchange.head.fields.begin(), exchange.head.fields.end(), encodes);
}

}  // namespace

Server::Server(const Options& options, const Log& log)
    : options_(options),
      log_(log),
      plain_(clock_, fmt::format("timeout={}, max={}", idle_time().count(), kRequestsPerConnection),
             options.metrics, [this](std::string_view path) { return failed(path); }),
      engine_(
          {.name = options.name,
           .threads = options.threads,
           .takers = options.takers,
           .limits = {.max_body = options.max_body},
           .patience = {},
           .bounds = {.connections = options.max_connections,
                      .per_peer = options.max_connections_per_peer},
           .on_failure = options.on_failure,
           .tls = options.tls,
           .streamed = options.streamed},
          [this](const Exchange& exchange) { return serve(exchange); }, clock_, log) {
  listener_.set_keep_alive_max_count(kRequestsPerConnection);
  listener_.set_keep_alive_timeout(idle_time().count());
  listener_.set_post_routing_handler([this](const httplib::Request&, httplib::Response& response) {
    if (!response.has_header("Date")) {
      response.set_header("Date", http_date(clock_.wall_now()));
    }
  });
  listener_.set_exception_handler([this](const httplib::Request& request,
                                         httplib::Response& response, const std::exception_ptr&) {
    const Reply reply = failed(request.path);
    response.status = reply.status;
    response.set_content(reply.body, reply.content_type.c_str());
  });
  listener_.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty()) {
      answer_error(request, response);
      count_other(request.method, response.status);
    }
  });
}

Server::~Server() {
  stop();
}

Served Server::serve(const Exchange& exchange) {
  if (options_.plain_bodies && has_encoded_body(exchange)) {
    return refuse_encoded_body(exchange);
  }
  return plain_.serve(exchange) ? Served::kCompleted : written(listener_.serve(exchange));
}

Served Server::refuse_encoded_body(const Exchange& exchange) const {
  Reply reply;
  reply.fields.emplace_back("Accept-Encoding", "identity");  // RFC 9110, section 15.5.16
  answer(
      reply,
      {.status = 415, .title = {}, .detail = "the body has a Content-Encoding: send it as it is"});
  count_other(std::string(exchange.head.method), reply.status);
  exchange.sink.complete(reply_text(reply, {.at = clock_.wall_now(),
                                            .head_only = exchange.head.method == "HEAD",
                                            .last = exchange.last}));
  return Served::kCompleted;
}

Reply Server::failed(std::string_view path) const {
  log_.error("a handler failed", {{"listener", options_.name}, {"path", path}});
  Reply reply;
  answer(reply, {.status = 500, .title = {}, .detail = "the server failed to answer"});
  return reply;
}

void Server::get(const std::string& path, httplib::Server::Handler handler) {
  auto behind = counted(path, std::move(handler));
  add_direct("GET", path, behind);
  listener_.Get(add_route(path, {"GET", "HEAD"}), std::move(behind));
}

void Server::post(const std::string& path, httplib::Server::Handler handler) {
  auto behind = counted(path, std::move(handler));
  add_direct("POST", path, behind);
  listener_.Post(add_route(path, {"POST"}), std::move(behind));
}

void Server::put(const std::string& path, httplib::Server::Handler handler) {
  auto behind = counted(path, std::move(handler));
  add_direct("PUT", path, behind);
  listener_.Put(add_route(path, {"PUT"}), std::move(behind));
}

void Server::patch(const std::string& path, httplib::Server::Handler handler) {
  auto behind = counted(path, std::move(handler));
  add_direct("PATCH", path, behind);
  listener_.Patch(add_route(path, {"PATCH"}), std::move(behind));
}

void Server::del(const std::string& path, httplib::Server::Handler handler) {
  auto behind = counted(path, std::move(handler));
  add_direct("DELETE", path, behind);
  listener_.Delete(add_route(path, {"DELETE"}), std::move(behind));
}

void Server::plain(const std::string& method, const std::string& path, PlainHandler handler) {
  plain_.add(method, path, std::move(handler));
  static_cast<void>(method == "GET" ? add_route(path, {"GET", "HEAD"})
                                    : add_route(path, {method.c_str()}));
}

void Server::add_direct(const char* method, const std::string& path,
                        httplib::Server::Handler handler) {
  if (path.find_first_of("{:*") == std::string::npos) {  // a literal one, without parameters
    listener_.answer_directly(method, path, std::move(handler));
  }
}

std::string Server::add_route(const std::string& path, std::initializer_list<const char*> methods) {
  std::string pattern = pattern_of(path);
  Route& route = routes_[pattern];
  route.path = std::regex(pattern);
  route.methods.insert(methods.begin(), methods.end());
  return pattern;
}

Result<Address> Server::bind(const Address& wanted) {
  return engine_.bind(wanted);
}

void Server::start() {
  engine_.start();
}

void Server::stop() {
  engine_.stop();
}

httplib::Server::Handler Server::counted(const std::string& path,
                                         httplib::Server::Handler handler) const {
  return options_.metrics == nullptr ? handler
                                     : measured(options_.metrics->route(path),
                                                options_.metrics->clock(), std::move(handler));
}

void Server::count_other(const std::string& method, int status) const {
  if (options_.metrics != nullptr) {
    options_.metrics->other().count(method, status);
  }
}

void Server::answer_error(const httplib::Request& request, httplib::Response& response) const {
  const std::string allow = response.status == 404 ? methods_at(request.path) : "";
  if (!allow.empty()) {
    response.set_header("Allow", allow);
    return answer(
        response,
        {.status = 405, .title = {}, .detail = fmt::format("{} takes {}", request.path, allow)});
  }
  switch (response.status) {
    case 404:
      return answer(response, {.status = 404, .title = {}, .detail = "nothing is at this path"});
    default:
      return answer(
          response,
          {.status = response.status, .title = {}, .detail = "the request cannot be read"});
  }
}

std::string Server::methods_at(const std::string& path) const {
  std::set<std::string> methods;
  for (const auto& [pattern, route] : routes_) {
    if (std::regex_match(path, route.path)) {
      methods.insert(route.methods.begin(), route.methods.end());
    }
  }
  return fmt::format("{}", fmt::join(methods, ", "));
}

}  // namespace rl::http
