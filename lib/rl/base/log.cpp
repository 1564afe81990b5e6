#include "rl/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace rl {
namespace {

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels = {{
    {"debug", LogLevel::kDebug},
    {"info", LogLevel::kInfo},
    {"warn", LogLevel::kWarn},
    {"error", LogLevel::kError},
}};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string quote_json(std::string_view text) {
  // ASCII alone, so that no control character of any kind gets through; bytes that are not UTF-8
  // become U+FFFD rather than an exception.
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f ||
                  c == '"' || c == '=';
         });
}

}  // namespace

std::optional<LogLevel> parse_log_level(std::string_view name) {
  for (const auto& [level_name, level] : kLevels) {
    if (level_name == name) {
      return level;
    }
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view name) {
  if (name == "text") {
    return LogFormat::kText;
  }
  return name == "json" ? std::optional(LogFormat::kJson) : std::nullopt;
}

std::string render_log_line(LogFormat format, std::string_view event, const Log::Fields& fields) {
  if (format == LogFormat::kJson) {
    std::string line = fmt::format("\"event\":{}", quote_json(event));
    for (const LogField& field : fields) {
      line += fmt::format(",{}:{}", quote_json(field.name), quote_json(field.value));
    }
    return line;
  }
  std::string line(event);
  for (const LogField& field : fields) {
    line += fmt::format(" {}={}", field.name,
                        needs_quotes(field.value) ? quote_json(field.value) : field.value);
  }
  return line;
}

Log::Log(LogLevel level, LogFormat format) : format_(format) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  logger_ = std::make_unique<spdlog::logger>("rl", std::move(sink));
  logger_->set_level(to_spdlog(level));
  logger_->flush_on(spdlog::level::debug);
  const char* const pattern = format == LogFormat::kJson
                                  ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                  : "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
  logger_->set_pattern(pattern, spdlog::pattern_time_type::utc);
}

Log::~Log() = default;

void Log::debug(std::string_view event, const Fields& fields) const {
  write(LogLevel::kDebug, event, fields);
}
void Log::info(std::string_view event, const Fields& fields) const {
  write(LogLevel::kInfo, event, fields);
}
void Log::warn(std::string_view event, const Fields& fields) const {
  write(LogLevel::kWarn, event, fields);
}
void Log::error(std::string_view event, const Fields& fields) const {
  write(LogLevel::kError, event, fields);
}

void Log::write(LogLevel level, std::string_view event, const Fields& fields) const {
  if (logger_->should_log(to_spdlog(level))) {
    logger_->log(to_spdlog(level), "{}", render_log_line(format_, event, fields));
  }
}

}  // namespace rl
