#include "rl/http/server.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

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

}  // namespace

void Server::Listener::raise_backlog(int connections) {
  ::listen(svr_sock_, connections);
}

Server::Server(const Options& options, const Log& log) : options_(options), log_(log) {
  listener_.new_task_queue = [threads = options.threads] {
    return new httplib::ThreadPool(threads);
  };
  listener_.set_tcp_nodelay(true);
  listener_.set_socket_options(set_socket_options);
  listener_.set_keep_alive_max_count(kRequestsPerConnection);
  listener_.set_payload_max_length(options.max_body);
  listener_.set_exception_handler(
      [this](const httplib::Request& request, httplib::Response& response, std::exception_ptr) {
        log_.error("a handler failed", {{"listener", options_.name}, {"path", request.path}});
        answer(response, {.status = 500, .title = {}, .detail = "the server failed to answer"});
      });
  listener_.set_pre_routing_handler([](const httplib::Request& request, httplib::Response&) {
    // Without Content-Length and Transfer-Encoding there is no body (RFC 9112, section 6.3), but
    // httplib would wait for one until its read timeout. Its handler may not change the request;
    // the request itself is no constant.
    if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
      const_cast<httplib::Request&>(request).set_header("Content-Length", "0");  // NOLINT
    }
    return httplib::Server::HandlerResponse::Unhandled;
  });
  listener_.set_error_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (response.body.empty()) {
      answer_error(request, response);
    }
  });
}

Server::~Server() {
  stop();
}

void Server::get(const std::string& path, httplib::Server::Handler handler) {
  methods_[path].insert({"GET", "HEAD"});
  listener_.Get(path, std::move(handler));
}

void Server::post(const std::string& path, httplib::Server::Handler handler) {
  methods_[path].insert("POST");
  listener_.Post(path, std::move(handler));
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
    const std::string why = errno == 0 ? "no such host" : std::system_category().message(errno);
    return fail(
        fmt::format("cannot listen on {}: {}", wanted.to_string(), why),
        errno == EADDRINUSE ? "another program has this port; port 0 picks a free one" : "");
  }
  listener_.raise_backlog(kBacklog);
  return Address{wanted.host, static_cast<std::uint16_t>(port)};
}

void Server::start() {
  thread_ = std::thread([this] { listener_.listen_after_bind(); });
  while (!listener_.is_running()) {
    std::this_thread::yield();  // stop() has no effect before httplib has begun to listen
  }
}

void Server::stop() {
  if (thread_.joinable()) {
    listener_.stop();
    thread_.join();
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
