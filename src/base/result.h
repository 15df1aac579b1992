// Success or one of our errors, by value.
//
// `T` cannot fail; `Result<T>` can. In a coroutine, `Async<T>` (runtime/task.h) may do both, wait and fail.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/errc.h"

namespace odradek {

// What went wrong: a code that some caller acts on, and a sentence for people.
struct [[nodiscard]] Error {
  Errc code;
  std::string message;  // may be empty; never parsed

  friend bool operator==(const Error&, const Error&) = default;
};

template <typename T = void>
using Result = std::expected<T, Error>;

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string message = {}) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace odradek

// TRY(expr) returns the error of `expr` to the caller; TRY(declaration, expr) also binds the value.
// CO_TRY does the same inside a coroutine. An expression with a comma outside parentheses needs parentheses.
#define ODRADEK_PASTE_(a, b) a##b
#define ODRADEK_PASTE(a, b) ODRADEK_PASTE_(a, b)
#define ODRADEK_PICK_(_1, _2, name, ...) name
#define ODRADEK_TRY_1_(leave, temp, expr)             \
  do {                                                \
    auto&& temp = (expr);                             \
    if (!temp) [[unlikely]] {                         \
      leave std::unexpected(std::move(temp).error()); \
    }                                                 \
  } while (false)
#define ODRADEK_TRY_2_(leave, temp, declaration, expr) \
  auto&& temp = (expr);                                \
  if (!temp) [[unlikely]] {                            \
    leave std::unexpected(std::move(temp).error());    \
  }                                                    \
  declaration = *std::move(temp)
#define ODRADEK_TRY_RETURN_1_(expr) ODRADEK_TRY_1_(return, ODRADEK_PASTE(try_, __LINE__), expr)
#define ODRADEK_TRY_RETURN_2_(declaration, expr) \
  ODRADEK_TRY_2_(return, ODRADEK_PASTE(try_, __LINE__), declaration, expr)
#define ODRADEK_TRY_CO_RETURN_1_(expr) ODRADEK_TRY_1_(co_return, ODRADEK_PASTE(try_, __LINE__), expr)
#define ODRADEK_TRY_CO_RETURN_2_(declaration, expr) \
  ODRADEK_TRY_2_(co_return, ODRADEK_PASTE(try_, __LINE__), declaration, expr)
#define TRY(...) ODRADEK_PICK_(__VA_ARGS__, ODRADEK_TRY_RETURN_2_, ODRADEK_TRY_RETURN_1_)(__VA_ARGS__)
#define CO_TRY(...) ODRADEK_PICK_(__VA_ARGS__, ODRADEK_TRY_CO_RETURN_2_, ODRADEK_TRY_CO_RETURN_1_)(__VA_ARGS__)
