// What all kinds of lines that `odradek codec` is given have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "base/bytes.h"
#include "base/result.h"

namespace odradek::cli {

// Errc::InvalidRequest if there is no such text.
[[nodiscard]] Result<std::string_view> text_of(const boost::json::object& line, std::string_view key);

// Nothing if there is no such number, or it does not fit.
[[nodiscard]] std::optional<int16_t> number_of(const boost::json::object& line, std::string_view key);

// The field "bytes", from hexadecimal. Errc::InvalidRequest.
[[nodiscard]] Result<Bytes> bytes_of(const boost::json::object& line);

// As an answer's "error" says it.
[[nodiscard]] std::string error_text(const Error& error);

}  // namespace odradek::cli
