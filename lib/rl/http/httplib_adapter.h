#pragma once

#include <httplib.h>

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rl/http/exchange.h"

namespace rl::http {

/// The path of a target as httplib's handlers see it: decoded, without the query.
std::string path_of(std::string_view target);

/// The parameters of its query.
httplib::Params query_of(std::string_view target);

/// httplib as handlers and routes only: the engine reads and checks a request, this has it
/// answered. The one place that knows how httplib works inside; written for 0.11.4 and for 0.18.7,
/// which differ in how a request is processed. It never listens. Routes are added before serve().
class HttplibAdapter : public httplib::Server {
 public:
  HttplibAdapter();

  /// Has requests for exactly this path answered before httplib tries its regular expressions, one
  /// route after the other.
  void answer_directly(const std::string& method, const std::string& path, Handler handler);

  /// Answers one request. False: the response could not be written.
  bool serve(const Exchange& exchange);

 private:
  const Handler* direct(const httplib::Request& request) const;
  void fill(const Exchange& exchange, httplib::Request& request) const;

  std::unordered_map<std::string, std::map<std::string, Handler>> direct_;  ///< by path and method
};

}  // namespace rl::http
