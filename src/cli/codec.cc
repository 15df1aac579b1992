#include "cli/codec.h"

#include <array>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "protocol/api_table.h"
#include "protocol/byte_text.h"
#include "protocol/json.h"
#include "protocol/message_type.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

using protocol::MessageType;

struct Kind {
  std::string_view name;
  Result<json::object> (*decode)(const json::object& line);
};

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

// By "name", or by "api" together with the kind.
Result<const MessageType*> message_type_of(const json::object& line) {
  if (line.contains("name")) {
    TRY(const std::string_view name, text_of(line, "name"));
    if (const MessageType* type = protocol::find_message_type(name)) {
      return type;
    }
    return fail(Errc::InvalidRequest, fmt::format("no message is called {}", name));
  }
  const auto key = number_of(line, "api");
  const protocol::ApiInfo* api = key ? protocol::find_api(*key) : nullptr;
  if (api == nullptr) {
    return fail(Errc::InvalidRequest, "neither the \"name\" of a message nor the number of an \"api\"");
  }
  TRY(const std::string_view kind, text_of(line, "kind"));
  const MessageType* type =
      protocol::find_message_type(fmt::format("{}{}", api->name, kind == "response" ? "Response" : "Request"));
  ensure(type != nullptr, "an API without its messages");
  return type;
}

Result<json::object> decode_message(const json::object& line) {
  TRY(const MessageType* type, message_type_of(line));
  const auto version = number_of(line, "version");
  if (!version) {
    return fail(Errc::InvalidRequest, "no \"version\"");
  }
  TRY(const std::string_view digits, text_of(line, "bytes"));
  TRY(const Bytes bytes, protocol::parse_hex(digits));
  TRY(const protocol::Transcoded transcoded, type->transcode(bytes, *version));
  protocol::Reader in(bytes);
  TRY(json::value meaning, protocol::read_json(*type, in, *version));
  json::object answer;
  answer.emplace("bytes", protocol::hex(transcoded.bytes));
  answer.emplace("bytesLeft", transcoded.left);
  answer.emplace("json", std::move(meaning));
  return answer;
}

constexpr std::array<Kind, 5> kinds{{
    {"request", &decode_message},
    {"response", &decode_message},
    {"header", &decode_message},
    {"record", &decode_message},
    {"odd", &decode_message},
}};

Result<json::object> answer_to(const std::string& text) {
  boost::system::error_code error;
  const json::value line = json::parse(text, error);
  if (error || !line.is_object()) {
    return fail(Errc::InvalidRequest, "not a line of JSON with an object");
  }
  TRY(const std::string_view name, text_of(line.get_object(), "kind"));
  for (const Kind& kind : kinds) {
    if (kind.name == name) {
      return kind.decode(line.get_object());
    }
  }
  return fail(Errc::InvalidRequest, fmt::format("unknown kind {}", name));
}

}  // namespace

int run_codec(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    Result<json::object> answer = answer_to(line);
    if (!answer) {
      answer = json::object{{"error", fmt::format("{}: {}", name(answer.error().code), answer.error().message)}};
    }
    out << json::serialize(*answer) << '\n';
  }
  out.flush();
  return out ? 0 : 1;
}

}  // namespace odradek::cli
