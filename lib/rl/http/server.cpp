#include "rl/http/server.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "rl/http/measured.h"
#include "rl/http/problem.h"

namespace rl::http {
namespace {

constexpr int kBacklog = 1024;
constexpr std::size_t kRequestsPerConnection = 1'000'000;

/// Only SO_REUSEADDR: httplib's default, SO_REUSEPORT, lets a second server take half the traffic
/// of a port without a word.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

/// Whether there is such a host at all. After a failed lookup errno says nothing of use.
bool is_known_host(const std::string& host) {
  addrinfo* found = nullptr;
  const bool known = ::getaddrinfo(host.c_str(), nullptr, nullptr, &found) == 0;
  if (known) {
    ::freeaddrinfo(found);
  }
  return known;
}

/// The path as a regular expression, which is what httplib takes, that matches it alone.
std::string literal(std::string_view path) {
  constexpr std::string_view kSpecial = "^$\\.*+?()[]{}|";
  std::string pattern;
  for (const char c : path) {
    if (kSpecial.find(c) != std::string_view::npos) {
      pattern += '\\';
    }
    pattern += c;
  }
  return pattern;
}

/// How many bytes the head of a request may have; httplib bounds each line of it itself.
constexpr std::size_t kMaxHead = 65536;

bool has_body(const httplib::Request& request) {
  const std::string length = request.get_header_value("Content-Length");
  return request.has_header("Transfer-Encoding") || (!length.empty() && length != "0");
}

bool takes_body(const httplib::Request& request) {
  return request.method == "POST" || request.method == "PUT" || request.method == "PATCH" ||
         request.method == "DELETE" || request.method == "PRI";  // as httplib sees it
}

/// Keeps httplib from doing with a request what nobody asked for. Whether the connection has to end
/// after it, because bytes of its body would be taken for the next request.
bool disarm(httplib::Request& request) {
  // Without Content-Length and Transfer-Encoding there is no body (RFC 9112, section 6.3), but
  // httplib would wait for one until its read timeout.
  if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
    request.set_header("Content-Length", "0");
  }
  // A body that is decompressed, or that arrives in chunks, passes the bound on its size; a form
  // would be read as if it stood in the query.
  request.headers.erase("Content-Encoding");
  request.headers.erase("Content-Type");
  // Part of a decision is no decision: there are no ranges here.
  request.ranges.clear();
  const bool ends =
      request.has_header("Transfer-Encoding") || (has_body(request) && !takes_body(request));
  if (ends) {
    request.headers.erase("Connection");
    request.set_header("Connection", "close");
  }
  return ends;
}

httplib::Server::HandlerResponse refuse_chunks(const httplib::Request& request,
                                               httplib::Response& response) {
  if (!request.has_header("Transfer-Encoding")) {
    return httplib::Server::HandlerResponse::Unhandled;
  }
  answer(
      response,
      {.status = 411, .title = {}, .detail = "send the body with a Content-Length, not in chunks"});
  return httplib::Server::HandlerResponse::Handled;
}

}  // namespace

void Server::Listener::raise_backlog(int connections) {
  ::listen(svr_sock_, connections);
}

void Server::Listener::close_bound() {
  if (const socket_t bound = svr_sock_.exchange(INVALID_SOCKET); bound != INVALID_SOCKET) {
    ::close(bound);
  }
}

bool Server::Listener::process_and_close_socket(socket_t socket) {
  bool served = false;
  if (open_.add(socket)) {
    Connection connection(socket, {.bytes = kMaxHead + max_body_}, clock_);
    bool ended = false;
    while (!ended && connection.await_request() && !open_.stopping()) {
      bool closed = false;
      served = process_request(connection, false, closed,
                               [&](httplib::Request& request) { ended = disarm(request); });
      ended = ended || closed || !served;
    }
    open_.remove(socket);
  }
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return served;
}

Server::Server(const Options& options, const Log& log)
    : options_(options), log_(log), listener_(options.max_body) {
  listener_.new_task_queue = [threads = options.threads] {
    return new httplib::ThreadPool(threads);
  };
  listener_.set_tcp_nodelay(true);
  listener_.set_socket_options(set_socket_options);
  listener_.set_keep_alive_max_count(kRequestsPerConnection);
  listener_.set_payload_max_length(options.max_body);
  listener_.set_exception_handler([this](const httplib::Request& request,
                                         httplib::Response& response, const std::exception_ptr&) {
    log_.error("a handler failed", {{"listener", options_.name}, {"path", request.path}});
    answer(response, {.status = 500, .title = {}, .detail = "the server failed to answer"});
  });
  listener_.set_pre_routing_handler(
      [this](const httplib::Request& request, httplib::Response& response) {
        const auto handled = refuse_chunks(request, response);
        if (handled == httplib::Server::HandlerResponse::Handled) {
          count_other(request, response.status);
        }
        return handled;
      });
  listener_.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty()) {
      answer_error(request, response);
      count_other(request, response.status);
    }
  });
}

Server::~Server() {
  stop();
}

void Server::get(const std::string& path, httplib::Server::Handler handler) {
  methods_[path].insert({"GET", "HEAD"});
  listener_.Get(literal(path), counted(path, std::move(handler)));
}

void Server::post(const std::string& path, httplib::Server::Handler handler) {
  methods_[path].insert("POST");
  listener_.Post(literal(path), counted(path, std::move(handler)));
}

void Server::put(const std::string& path, httplib::Server::Handler handler) {
  methods_[path].insert("PUT");
  listener_.Put(literal(path), counted(path, std::move(handler)));
}

Result<Address> Server::bind(const Address& wanted) {
  errno = 0;
  int port = wanted.port;
  if (wanted.port == 0) {
    port = listener_.bind_to_any_port(wanted.host);
  } else if (!listener_.bind_to_port(wanted.host, wanted.port)) {
    port = -1;
  }
  if (port < 0) {
    const int error = errno;
    return fail(
        fmt::format(
            "cannot listen on {}: {}", wanted.to_string(),
            is_known_host(wanted.host) ? std::system_category().message(error) : "no such host"),
        error == EADDRINUSE ? "another program has this port; port 0 picks a free one" : "");
  }
  listener_.raise_backlog(kBacklog);
  return Address{wanted.host, static_cast<std::uint16_t>(port)};
}

void Server::start() {
  thread_ = std::thread([this] {
    listener_.listen_after_bind();
    ended_.store(true, std::memory_order_relaxed);
    if (!stopping_.load(std::memory_order_relaxed)) {
      log_.error("a listener stopped by itself", {{"listener", options_.name}});
      if (options_.on_failure) {
        options_.on_failure();
      }
    }
  });
  // stop() has no effect before httplib has begun to listen.
  while (!listener_.is_running() && !ended_.load(std::memory_order_relaxed)) {
    std::this_thread::yield();
  }
}

void Server::stop() {
  if (thread_.joinable()) {
    stopping_.store(true, std::memory_order_relaxed);
    listener_.stop();
    listener_.stop_reading();
    thread_.join();
  }
  listener_.close_bound();
}

httplib::Server::Handler Server::counted(const std::string& path,
                                         httplib::Server::Handler handler) const {
  return options_.metrics == nullptr ? handler
                                     : measured(options_.metrics->route(path),
                                                options_.metrics->clock(), std::move(handler));
}

void Server::count_other(const httplib::Request& request, int status) const {
  if (options_.metrics != nullptr) {
    options_.metrics->other().count(request.method, status);
  }
}

void Server::answer_error(const httplib::Request& request, httplib::Response& response) const {
  const auto known = methods_.find(request.path);
  if (response.status == 404 && known != methods_.end()) {
    const std::string allow = fmt::format("{}", fmt::join(known->second, ", "));
    response.set_header("Allow", allow);
    return answer(
        response,
        {.status = 405, .title = {}, .detail = fmt::format("{} takes {}", request.path, allow)});
  }
  switch (response.status) {
    case 404:
      return answer(response, {.status = 404, .title = {}, .detail = "nothing is at this path"});
    case 413:
      return answer(response,
                    {.status = 413,
                     .title = {},
                     .detail = fmt::format("a body may have {} bytes here", options_.max_body)});
    case 414:
      return answer(response,
                    {.status = 414, .title = {}, .detail = "the request target is too long"});
    default:
      return answer(
          response,
          {.status = response.status, .title = {}, .detail = "the request cannot be read"});
  }
}

}  // namespace rl::http
