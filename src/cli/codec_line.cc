#include "cli/codec_line.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include "protocol/byte_text.h"

namespace odradek::cli {

namespace json = boost::json;

Result<std::string_view> text_of(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  if (value == nullptr || !value->is_string()) {
    return fail(Errc::InvalidRequest, fmt::format("no text \"{}\"", key));
  }
  return std::string_view(value->get_string());
}

std::optional<int16_t> number_of(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  if (value == nullptr || !value->is_int64() || value->get_int64() < INT16_MIN || value->get_int64() > INT16_MAX) {
    return std::nullopt;
  }
  return static_cast<int16_t>(value->get_int64());
}

Result<Bytes> bytes_of(const json::object& line) {
  TRY(const std::string_view digits, text_of(line, "bytes"));
  return protocol::parse_hex(digits);
}

std::string error_text(const Error& error) { return fmt::format("{}: {}", name(error.code), error.message); }

}  // namespace odradek::cli
