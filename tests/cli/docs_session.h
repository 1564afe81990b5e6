#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/cli/transcript.h"
#include "tests/support/rlserver.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/upstream.h"

namespace rl::test {

/// A document of the project.
struct Document {
  std::string path;  ///< from the root of the project
  std::string text;
};

/// README.md, CHANGELOG.md and every page of docs/.
std::vector<Document> all_documents();

/// One reader who types the commands of one document, block after block, in a directory of their
/// own that holds the sample tiers.toml and is their home. How the commands are run:
/// - `rlserver` starts a server that runs until the next one or the end of the document; without
///   one, a block finds a `rlserver --dev` running. Its ports are free ones; the documented ports
///   of 127.0.0.1 are put in their place in commands, and the other way round in output.
/// - What a flag calls 127.0.0.1:3000 is an upstream that tells what it was asked for.
/// - scripts/… is not run; the file must be there and executable.
/// - The other commands of a block run in one shell. A status other than 0 must be shown by the
///   documented `echo $?` that follows.
/// Output is compared without regard to the width of white space: tables are documented as a
/// terminal shows them.
class DocumentSession {
 public:
  DocumentSession();

  /// What is not as documented, one entry each.
  std::vector<std::string> run(const Block& block);

 private:
  void start_server(const Step& step, std::vector<std::string>& faults);
  void run_in_shell(const std::vector<Step>& steps, std::vector<std::string>& faults);

  /// The text with the addresses of the server in the place of the documented ones.
  std::string with_real_addresses(std::string text) const;
  /// The other way round.
  std::string as_documented(std::string text) const;

  TemporaryDirectory directory_;
  std::optional<TestUpstream> upstream_;
  std::optional<RlServer> server_;
};

}  // namespace rl::test
