#include "rl/http/api_docs.h"

#include <nlohmann/json.hpp>

#include "rl/http/pages/script.h"

namespace rl::http {
namespace {

// Nothing but the page's own files, and no frame around it: a key is typed into it.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void serve(Server& server, const char* path, const char* type, std::string text) {
  server.get(path,
             [type, text = std::move(text)](const httplib::Request&, httplib::Response& response) {
               response.set_header("Content-Security-Policy", kPolicy);
               response.set_header("X-Content-Type-Options", "nosniff");
               response.set_header("Referrer-Policy", "no-referrer");
               response.set_header("Cache-Control", "no-cache");
               response.set_content(text, type);
             });
}

}  // namespace

void mount_api_docs(Server& server, const std::string& listener, const std::string& version) {
  auto document = nlohmann::ordered_json::parse(kOpenApi);
  document["info"]["version"] = version;
  document["servers"][0]["x-listener"] = listener;
  serve(server, "/openapi.json", "application/json", document.dump());
  serve(server, "/docs", "text/html; charset=utf-8", kDocsPage);
  serve(server, "/docs.js", "text/javascript; charset=utf-8", kDocsScript);
  serve(server, "/docs.css", "text/css; charset=utf-8", kDocsStyle);
}

}  // namespace rl::http
