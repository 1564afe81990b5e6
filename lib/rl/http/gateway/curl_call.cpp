#include "rl/http/gateway/curl_call.h"

#include <string>

namespace rl::http {
namespace {

// What libcurl calls, with what CurlCall keeps of whom it tells.

CallEvents& events_of(void* kept) {
  return **static_cast<CallEvents**>(kept);
}

std::size_t take_head_line(char* bytes, std::size_t size, std::size_t count, void* kept) {
  const std::string_view line(bytes, size * count);
  return events_of(kept).head_line(line) ? line.size() : 0;
}

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* kept) {
  switch (events_of(kept).body({bytes, size * count})) {
    case CallEvents::Taken::kAll:
      return size * count;
    case CallEvents::Taken::kLater:
      return CURL_WRITEFUNC_PAUSE;
    default:
      return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t give_body(char* into, std::size_t size, std::size_t count, void* kept) {
  const auto [come, got] = events_of(kept).next_body(into, size * count);
  switch (come) {
    case ClientStream::Come::kSome:
      return got;
    case ClientStream::Come::kNothing:
      return CURL_READFUNC_PAUSE;
    case ClientStream::Come::kEnd:
      return 0;
    default:
      return CURL_READFUNC_ABORT;
  }
}

int ask_to_send(void* kept, char* /*to*/, char* /*from*/, int /*to_port*/, int /*from_port*/) {
  return events_of(kept).may_send() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

}  // namespace

CurlCall::CurlCall(const Options& options) : url_(curl_url()), easy_(curl_easy_init()) {
  CURL* const easy = handle();
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs is not waited for
  curl_easy_setopt(easy, CURLOPT_PROXY, "");       // nor is http_proxy of the environment followed
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);  // chunks are read by ourselves
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
  set_up_tls(options.ca_file);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_head_line);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &events_);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &events_);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, give_body);
  curl_easy_setopt(easy, CURLOPT_READDATA, &events_);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, ask_to_send);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &events_);
}

/// That the certificate is of a known authority, valid now and for the host is libcurl's default.
void CurlCall::set_up_tls(const std::string& ca_file) {
  CURL* const easy = handle();
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // or those of the system counted as well
  }
}

void CurlCall::set_up(const UpstreamRequest& request, const UpstreamUrl& upstream,
                      CallEvents& events, void* owner) {
  CURL* const easy = handle();
  error_[0] = '\0';
  events_ = &events;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, owner);
  set_up_url(request, upstream);
  set_up_method(request);
  set_up_fields(request);
}

void CurlCall::set_up_url(const UpstreamRequest& request, const UpstreamUrl& upstream) {
  CURL* const easy = handle();
  if (upstream.origin != origin_) {  // it is mostly the one of the last call
    origin_ = upstream.origin;
    curl_url_set(url_.get(), CURLUPART_URL, (origin_ + "/").c_str(), 0);  // that can be done
  }
  curl_easy_setopt(easy, CURLOPT_CURLU, url_.get());
  // As it came: libcurl would resolve its dots.
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, (upstream.base + request.path).c_str());
}

void CurlCall::set_up_method(const UpstreamRequest& request) {
  CURL* const easy = handle();
  curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);  // takes back what the last call had
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  // A length of 0 is told where one is expected (RFC 9110, section 8.6).
  const bool tells_length =
      request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (request.has_body() || tells_length) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(
        easy, CURLOPT_INFILESIZE_LARGE,
        request.chunked ? curl_off_t{-1} : static_cast<curl_off_t>(request.content_length));
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

/// In memory that is kept for the next call, which curl_slist_append() would not do.
void CurlCall::set_up_fields(const UpstreamRequest& request) {
  lines_.clear();
  begins_.clear();
  bool accepts = false;
  for (const auto& [name, value] : request.fields) {
    if (value.empty()) {
      add_line({name, ";"});  // "Name:" would take one away
    } else {
      add_line({name, ": ", value});
    }
    accepts = accepts || same_word(name, "Accept");
  }
  if (!accepts) {
    add_line({"Accept:"});  // libcurl would send one of its own
  }
  add_line({"Expect:"});
  if (request.chunked) {
    add_line({"Transfer-Encoding: chunked"});
  }
  list_.clear();
  list_.resize(begins_.size());
  for (std::size_t i = 0; i < list_.size(); ++i) {
    list_[i] = {.data = lines_.data() + begins_[i],
                .next = i + 1 < list_.size() ? &list_[i + 1] : nullptr};
  }
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, list_.data());
}

void CurlCall::add_line(std::initializer_list<std::string_view> parts) {
  begins_.push_back(lines_.size());
  for (const std::string_view part : parts) {
    lines_ += part;
  }
  lines_ += '\0';
}

void CurlCall::resume(const Paused& still_paused) {
  const int paused =
      (still_paused.sending ? CURLPAUSE_SEND : 0) | (still_paused.receiving ? CURLPAUSE_RECV : 0);
  curl_easy_pause(handle(), paused);  // fails when an answer of the events ended the call
}

std::string CurlCall::why(CURLcode code) const {
  return error_[0] == '\0' ? curl_easy_strerror(code) : error_.data();
}

CallEnd CurlCall::end_of(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return CallEnd::kDone;
    case CURLE_OPERATION_TIMEDOUT:  // the one that is set is that of connecting
      return CallEnd::kConnectTimeout;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
      return CallEnd::kNotConnected;
    case CURLE_SSL_CONNECT_ERROR:
      return CallEnd::kNoTls;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return CallEnd::kNotTrusted;
    case CURLE_WRITE_ERROR:
    case CURLE_READ_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
      return CallEnd::kStopped;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return CallEnd::kBadResponse;
    default:
      return CallEnd::kClosed;
  }
}

}  // namespace rl::http
