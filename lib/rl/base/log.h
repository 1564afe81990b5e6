#pragma once

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spdlog {
class logger;
}

namespace rl {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kText, kJson };

std::optional<LogLevel> parse_log_level(std::string_view name);
std::optional<LogFormat> parse_log_format(std::string_view name);

/// One named value of a log line.
struct LogField {
  template <class T>
  LogField(std::string_view field_name, const T& field_value)
      : name(field_name), value(fmt::format("{}", field_value)) {}

  std::string_view name;
  std::string value;
};

/// One line per event on stderr: time, level, event, fields; as text or as JSON. Never a secret.
/// Made by main() and handed down. Safe from several threads.
class Log {
 public:
  explicit Log(LogLevel level = LogLevel::kInfo, LogFormat format = LogFormat::kText);
  ~Log();

  using Fields = std::vector<LogField>;
  void debug(std::string_view event, const Fields& fields = {}) const;
  void info(std::string_view event, const Fields& fields = {}) const;
  void warn(std::string_view event, const Fields& fields = {}) const;
  void error(std::string_view event, const Fields& fields = {}) const;

 private:
  void write(LogLevel level, std::string_view event, const Fields& fields) const;

  LogFormat format_;
  std::unique_ptr<spdlog::logger> logger_;
};

/// What follows the level in a log line: `event name=value …`, values quoted when they need it, or
/// the members of a JSON object. Control characters never reach the output raw.
std::string render_log_line(LogFormat format, std::string_view event, const Log::Fields& fields);

}  // namespace rl
