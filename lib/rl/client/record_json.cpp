#include "rl/client/record_json.h"

#include <fmt/core.h>

#include <concepts>
#include <utility>

#include "rl/client/record_fields.h"

namespace rl::client {
namespace {

/// Walks a document along the members of a record and keeps the first fault it meets.
class Reader {
 public:
  explicit Reader(const Json& document) : at_(&document) {}

  /// What is wrong and where; empty while nothing is.
  const std::string& fault() const { return fault_; }

  template <class T>
  void operator()(const char* name, T& out) {
    member(name, out, true);
  }
  template <class T>
  void maybe(const char* name, T& out) {
    member(name, out, false);
  }

  template <class Record>
  void read(Record& out) {
    if (expect(at_->is_object(), "is not an object")) {
      fields(out, *this);
    }
  }

 private:
  template <class T>
  void member(const char* name, T& out, bool required) {
    const auto found = at_->find(name);
    if (found != at_->end()) {
      descend(*found, path_.empty() ? name : fmt::format(".{}", name), out);
    } else if (required) {
      expect(false, fmt::format("has no member \"{}\"", name));
    }
  }

  template <class T>
  void descend(const Json& below, const std::string& step, T& out) {
    if (!fault_.empty()) {
      return;
    }
    const Json* const above = std::exchange(at_, &below);
    const std::size_t length = path_.size();
    path_ += step;
    read(out);
    path_.resize(length);
    at_ = above;
  }

  bool expect(bool holds, std::string_view otherwise) {
    if (!holds && fault_.empty()) {
      fault_ = fmt::format("{} {}", path_.empty() ? "the reply" : path_, otherwise);
    }
    return holds;
  }

  void read(std::string& out) {
    if (expect(at_->is_string(), "is not a string")) {
      out = at_->get_ref<const std::string&>();
    }
  }
  void read(bool& out) {
    if (expect(at_->is_boolean(), "is not a boolean")) {
      out = at_->get<bool>();
    }
  }
  void read(double& out) {
    if (expect(at_->is_number(), "is not a number")) {
      out = at_->get<double>();
    }
  }
  template <std::integral T>
  void read(T& out) {
    constexpr std::string_view kOtherwise = "is not a whole number in its range";
    if (at_->is_number_unsigned()) {
      const auto number = at_->get<std::uint64_t>();
      if (expect(std::in_range<T>(number), kOtherwise)) {
        out = static_cast<T>(number);
      }
    } else if (expect(at_->is_number_integer(), kOtherwise)) {
      const auto number = at_->get<std::int64_t>();
      if (expect(std::in_range<T>(number), kOtherwise)) {
        out = static_cast<T>(number);
      }
    }
  }
  void read(std::chrono::seconds& out) {
    std::uint32_t seconds = 0;
    read(seconds);
    out = std::chrono::seconds{seconds};
  }
  void read(HealthState& out) {
    std::string name;
    read(name);
    const bool degraded = name == to_string(HealthState::kDegraded);
    expect(degraded || name == to_string(HealthState::kNormal), "is neither NORMAL nor DEGRADED");
    out = degraded ? HealthState::kDegraded : HealthState::kNormal;
  }
  template <class T>
  void read(std::optional<T>& out) {
    out.reset();
    if (!at_->is_null()) {
      T value{};
      read(value);
      out = std::move(value);
    }
  }
  template <class T>
  void read(std::vector<T>& out) {
    out.clear();
    if (expect(at_->is_array(), "is not an array")) {
      for (const Json& element : *at_) {
        const std::size_t index = out.size();
        descend(element, fmt::format("[{}]", index), out.emplace_back());
      }
    }
  }
  template <class T>
  void read(std::map<std::string, T>& out) {
    out.clear();
    if (expect(at_->is_object(), "is not an object")) {
      for (const auto& [name, element] : at_->items()) {
        descend(element, fmt::format(".{}", name), out[name]);
      }
    }
  }

  const Json* at_;
  std::string path_;
  std::string fault_;
};

/// Makes the object of a record, member by member.
class Writer {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    object_[name] = write(value);
  }
  template <class T>
  void maybe(const char* name, const T& value) {
    if (!value.empty()) {
      object_[name] = write(value);
    }
  }

  template <class T>
  void maybe(const char* name, const std::optional<T>& value) {
    if (value) {
      object_[name] = write(*value);
    }
  }

  template <class Record>
  static Json write(const Record& record) {
    Writer writer;
    writer.object_ = Json::object();
    fields(record, writer);
    return std::move(writer.object_);
  }

 private:
  static Json write(const std::string& value) { return value; }
  static Json write(bool value) { return value; }
  static Json write(double value) { return value; }
  template <std::integral T>
  static Json write(const T& value) {
    return value;
  }
  static Json write(std::chrono::seconds value) { return value.count(); }
  static Json write(HealthState value) { return std::string(to_string(value)); }
  template <class T>
  static Json write(const std::optional<T>& value) {
    return value.has_value() ? write(*value) : Json(nullptr);
  }
  template <class T>
  static Json write(const std::vector<T>& values) {
    Json array = Json::array();
    for (const T& value : values) {
      array.push_back(write(value));
    }
    return array;
  }
  template <class T>
  static Json write(const std::map<std::string, T>& values) {
    Json object = Json::object();
    for (const auto& [name, value] : values) {
      object[name] = write(value);
    }
    return object;
  }

  Json object_;
};

}  // namespace

template <class Record>
Result<Record> decode(std::string_view text) {
  const Json document = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) {
    return fail("the reply is not JSON");
  }
  Record record;
  Reader reader(document);
  reader.read(record);
  if (!reader.fault().empty()) {
    return fail(reader.fault());
  }
  return record;
}

template <class Record>
Json encode(const Record& record) {
  return Writer::write(record);
}

std::string to_text(const Json& document, bool indented) {
  return document.dump(indented ? 2 : -1, ' ', /*ensure_ascii=*/false,
                       Json::error_handler_t::replace);
}

template Result<HealthRecord> decode(std::string_view);
template Result<HealthHistory> decode(std::string_view);
template Result<PolicyRecord> decode(std::string_view);
template Result<UpdateRecord> decode(std::string_view);
template Result<HistoryRecord> decode(std::string_view);
template Result<FaultsRecord> decode(std::string_view);
template Result<CheckReply> decode(std::string_view);
template Result<Snapshot> decode(std::string_view);
template Result<UserRecord> decode(std::string_view);
template Result<UserList> decode(std::string_view);
template Result<QuotaRecord> decode(std::string_view);
template Result<KeyRecord> decode(std::string_view);
template Result<KeyList> decode(std::string_view);
template Result<ImportRecord> decode(std::string_view);
template Result<UsageRecord> decode(std::string_view);
template Result<TopRecord> decode(std::string_view);
template Result<AuditList> decode(std::string_view);
template Json encode(const HealthRecord&);
template Json encode(const HealthHistory&);
template Json encode(const PolicyRecord&);
template Json encode(const TierRecord&);
template Json encode(const UpdateRecord&);
template Json encode(const HistoryRecord&);
template Json encode(const FaultsRecord&);
template Json encode(const CheckReply&);
template Json encode(const Snapshot&);
template Json encode(const UserRecord&);
template Json encode(const UserList&);
template Json encode(const QuotaRecord&);
template Json encode(const KeyRecord&);
template Json encode(const KeyList&);
template Json encode(const ImportRecord&);
template Json encode(const UsageRecord&);
template Json encode(const TopRecord&);
template Json encode(const AuditList&);

}  // namespace rl::client
