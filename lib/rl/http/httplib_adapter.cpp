#include "rl/http/httplib_adapter.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace rl::http {
namespace {

/// What httplib reads as every head. All that it would understand from one differently than strict
/// framing did (percent signs in fields, REMOTE_ADDR, ranges) is kept from it in this way: the true
/// head is put into its Request afterwards.
constexpr std::string_view kHead = "GET / HTTP/1.1\r\n\r\n";

/// One exchange as a connection of httplib's: the body is behind the head, nothing more will come.
class ExchangeStream final : public httplib::Stream {
 public:
  explicit ExchangeStream(const Exchange& exchange) : exchange_(exchange) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }

  ssize_t read(char* bytes, size_t size) override {
    const std::string_view from = head_.empty() ? std::string_view(exchange_.body) : head_;
    const std::size_t begin = head_.empty() ? body_read_ : 0;
    const std::size_t count = std::min(size, from.size() - begin);
    std::copy_n(from.data() + begin, count, bytes);
    head_.empty() ? body_read_ += count : (head_.remove_prefix(count), 0);
    return static_cast<ssize_t>(count);
  }

  ssize_t write(const char* bytes, size_t size) override {
    return exchange_.sink.write({bytes, size}) ? static_cast<ssize_t>(size) : -1;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = exchange_.ends.peer_ip;
    port = exchange_.ends.peer_port;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip = exchange_.ends.local_ip;
    port = exchange_.ends.local_port;
  }

  /// None: httplib would refuse a number that is too large for select().
  socket_t socket() const override { return INVALID_SOCKET; }

 private:
  const Exchange& exchange_;
  std::string_view head_ = kHead;
  std::size_t body_read_ = 0;
};

using SetUp = std::function<void(httplib::Request&)>;

/// How 0.11.4 processes a request.
template <class Server>
using Process = bool (Server::*)(httplib::Stream&, bool, bool&, const SetUp&);

/// How 0.18.7 does.
template <class Server>
using NamedProcess = bool (Server::*)(httplib::Stream&, const std::string&, int, const std::string&,
                                      int, bool, bool&, const SetUp&);

struct Call {
  httplib::Stream& stream;
  const Ends& ends;
  bool last;
  const SetUp& set_up;
};

template <class Server>
bool call(Server& server, Process<Server> process, const Call& with) {
  bool closed = false;
  return (server.*process)(with.stream, with.last, closed, with.set_up);
}

template <class Server>
bool call(Server& server, NamedProcess<Server> process, const Call& with) {
  bool closed = false;
  const Ends& ends = with.ends;
  return (server.*process)(with.stream, ends.peer_ip, ends.peer_port, ends.local_ip,
                           ends.local_port, with.last, closed, with.set_up);
}

}  // namespace

std::string path_of(std::string_view target) {
  std::string path(target.substr(0, target.find('?')));
  return path.find('%') == std::string::npos ? path : httplib::detail::decode_url(path, false);
}

httplib::Params query_of(std::string_view target) {
  httplib::Params query;
  if (const std::size_t mark = target.find('?'); mark != std::string_view::npos) {
    httplib::detail::parse_query_text(std::string(target.substr(mark + 1)), query);
  }
  return query;
}

HttplibAdapter::HttplibAdapter() {
  // Without a listening socket httplib takes itself for stopped and ends a response that is made
  // piece by piece. It closes this one only in stop(), which is not for us.
  svr_sock_ = 0;
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    const Handler* const handler = direct(request);
    if (handler == nullptr) {
      return HandlerResponse::Unhandled;
    }
    (*handler)(request, response);
    return HandlerResponse::Handled;
  });
}

void HttplibAdapter::answer_directly(const std::string& method, const std::string& path,
                                     Handler handler) {
  direct_[path][method] = std::move(handler);
}

bool HttplibAdapter::serve(const Exchange& exchange) {
  ExchangeStream stream(exchange);
  const SetUp set_up = [&](httplib::Request& request) { fill(exchange, request); };
  return call<httplib::Server>(
      *this, &HttplibAdapter::process_request,
      {.stream = stream, .ends = exchange.ends, .last = exchange.last, .set_up = set_up});
}

const httplib::Server::Handler* HttplibAdapter::direct(const httplib::Request& request) const {
  const auto path = direct_.find(request.path);
  if (path == direct_.end()) {
    return nullptr;
  }
  const auto handler = path->second.find(request.method == "HEAD" ? "GET" : request.method);
  return handler == path->second.end() ? nullptr : &handler->second;
}

void HttplibAdapter::fill(const Exchange& exchange, httplib::Request& request) const {
  const RequestHead& head = exchange.head;
  request.method = head.method;
  request.target = head.target;
  request.path = path_of(head.target);
  request.params = query_of(head.target);
  request.headers.clear();
  const bool is_direct = direct(request) != nullptr;
  for (const Field& field : head.fields) {
    // The body is here, as long as it is, and whoever waits for 100 was told. Where httplib reads
    // it, one that is unpacked would pass the bound on its size, and a form be read as if in the
    // query.
    const bool is_of_body =
        same_word(field.name, "Content-Length") || same_word(field.name, "Transfer-Encoding") ||
        same_word(field.name, "Expect") ||
        (!is_direct &&
         (same_word(field.name, "Content-Encoding") || same_word(field.name, "Content-Type")));
    if (!is_of_body) {
      request.headers.emplace(field.name, field.value);
    }
  }
  request.headers.emplace("Content-Length", std::to_string(exchange.body.size()));
  if (is_direct) {
    request.body = exchange.body;
  }
}

}  // namespace rl::http
