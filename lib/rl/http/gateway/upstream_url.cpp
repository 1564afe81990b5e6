#include "rl/http/gateway/upstream_url.h"

#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "rl/http/request_target.h"

namespace rl::http {
namespace {

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// Whether libcurl, which is to ask there, takes it for a URL.
bool is_url(const std::string& text) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  return curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK;
}

/// A segment with its percent-encoded dots and slashes decoded, as servers do before they resolve
/// it.
std::string decoded(std::string_view path) {
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::string_view three = path.substr(i, 3);
    if (same_word(three, "%2e")) {
      text += '.';
      i += 2;
    } else if (same_word(three, "%2f") || same_word(three, "%5c")) {
      text += '/';
      i += 2;
    } else {
      text += path[i] == '\\' ? '/' : path[i];
    }
  }
  return text;
}

}  // namespace

Result<UpstreamUrl> parse_upstream_url(std::string_view text) {
  const auto refusal = [&] {
    return fail(fmt::format("\"{}\" is not the address of an upstream", text),
                "use http://HOST[:PORT][/PATH] or https://…");
  };
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon);
  if (colon == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return refusal();
  }
  const std::string_view rest = text.substr(colon + 3);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  if (!is_host(rest.substr(0, slash)) || !is_visible(path) ||
      path.find_first_of("?#") != std::string_view::npos) {
    return refusal();
  }
  UpstreamUrl url{.origin = std::string(text.substr(0, colon + 3 + slash)),
                  .base = std::string(path)};
  if (!is_url(url.origin)) {
    return refusal();
  }
  return url;
}

bool climbs_out(std::string_view target) {
  std::string_view path = target.substr(0, target.find('?'));
  const std::string text = decoded(path);
  path = text;
  int depth = 0;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    // An empty segment may be merged with the next: it holds nothing that ".." could take away.
    depth += segment == ".." ? -1 : (segment.empty() || segment == "." ? 0 : 1);
    if (depth < 0) {
      return true;
    }
  }
  return false;
}

}  // namespace rl::http
