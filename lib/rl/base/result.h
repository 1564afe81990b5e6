#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace rl {

/// An expected failure, in words a person can act on.
struct Error {
  std::string message;    ///< what failed and where, one line, no full stop
  std::string hint = {};  ///< how to mend it, one line; may be empty
};

/// Marks the value of a failure on its way into a Result: `return fail("no such file");`
template <class E>
struct Failure {
  E error;
};

inline Failure<Error> fail(std::string message, std::string hint = {}) {
  return {Error{std::move(message), std::move(hint)}};
}

template <class E>
Failure<E> fail_with(E error) {
  return {std::move(error)};
}

/// A value or the reason why there is none. Member names are those of std::expected (C++23), which
/// the compilers of our oldest platform do not have; when they all do, this becomes an alias.
/// Reading the side that is not there is a bug of the caller and is asserted.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  template <class F>
  Result(Failure<F> failure)  // NOLINT: implicit by design
      : state_(std::in_place_index<1>, std::move(failure.error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(has_value());
    return *std::get_if<0>(&state_);
  }
  T&& value() && { return std::move(value()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return has_value() ? value() : std::move(other); }

  E& error() & {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  const E& error() const& {
    assert(!has_value());
    return *std::get_if<1>(&state_);
  }
  E&& error() && { return std::move(error()); }

 private:
  std::variant<T, E> state_;
};

/// Success without a value, or the reason why not.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  template <class F>
  Result(Failure<F> failure) : error_(std::move(failure.error)) {}  // NOLINT: implicit by design

  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }

  const E& error() const {
    assert(!has_value());
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace rl
