#pragma once

namespace rl::http {

// The files of this folder, put in by the build.
// NOLINTBEGIN(readability-identifier-naming): constants
extern const char* const kOpenApi;   ///< openapi.json
extern const char* const kDocsPage;  ///< docs.html
extern const char* const kDocsScript;
extern const char* const kDocsStyle;
// NOLINTEND(readability-identifier-naming)

}  // namespace rl::http
