#include "cli/message_codec.h"

#include <fmt/format.h>
#include <boost/json/value.hpp>

#include "base/big_endian.h"
#include "cli/codec_line.h"
#include "protocol/api_table.h"
#include "protocol/byte_text.h"
#include "protocol/json.h"
#include "protocol/message_type.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

using protocol::ApiInfo;
using protocol::MessageType;

struct Meaning {
  Bytes bytes;  // encoded again
  size_t left;  // bytes behind the message
  json::value value;
};

Result<Meaning> meaning_of(const MessageType& type, ByteView bytes, int16_t version) {
  TRY(protocol::Transcoded transcoded, type.transcode(bytes, version));
  protocol::Reader in(bytes);
  TRY(json::value value, protocol::read_json(type, in, version));
  return Meaning{.bytes = std::move(transcoded.bytes), .left = transcoded.left, .value = std::move(value)};
}

const MessageType& type_named(std::string_view front, std::string_view end) {
  const MessageType* type = protocol::find_message_type(fmt::format("{}{}", front, end));
  ensure(type != nullptr, "an API or a header without its message");
  return *type;
}

Result<const ApiInfo*> api_of(const json::object& line) {
  const auto key = number_of(line, "api");
  const ApiInfo* api = key ? protocol::find_api(*key) : nullptr;
  if (api == nullptr) {
    return fail(Errc::InvalidRequest, "neither the \"name\" of a message nor the number of an \"api\"");
  }
  return api;
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
  TRY(const ApiInfo* api, api_of(line));
  TRY(const std::string_view kind, text_of(line, "kind"));
  return &type_named(api->name, kind == "response" ? "Response" : "Request");
}

Result<int16_t> version_of(const json::object& line) {
  const auto version = number_of(line, "version");
  if (!version) {
    return fail(Errc::InvalidRequest, "no \"version\"");
  }
  return *version;
}

// What stands in a frame after its size.
Result<ByteView> payload_of(ByteView frame) {
  if (frame.size() < sizeof(int32_t) || load_big_endian<uint32_t>(frame.data()) != frame.size() - sizeof(int32_t)) {
    return fail(Errc::MalformedMessage, "the size in front of the frame is not that of the frame");
  }
  return frame.subspan(sizeof(int32_t));
}

// `body` is what follows the header in the payload.
json::object answer_to_frame(const Meaning& header, Meaning body) {
  Bytes frame(sizeof(int32_t));
  store_big_endian(frame.data(), static_cast<uint32_t>(header.bytes.size() + body.bytes.size()));
  frame.insert(frame.end(), header.bytes.begin(), header.bytes.end());
  frame.insert(frame.end(), body.bytes.begin(), body.bytes.end());
  return {{"bytes", protocol::hex(frame)},
          {"bytesLeft", body.left},
          {"header", header.value},
          {"json", std::move(body.value)}};
}

}  // namespace

Result<json::object> decode_message(const json::object& line) {
  TRY(const MessageType* type, message_type_of(line));
  TRY(const int16_t version, version_of(line));
  TRY(const Bytes bytes, bytes_of(line));
  TRY(Meaning meaning, meaning_of(*type, bytes, version));
  return json::object{
      {"bytes", protocol::hex(meaning.bytes)}, {"bytesLeft", meaning.left}, {"json", std::move(meaning.value)}};
}

Result<json::object> decode_request_frame(const json::object& line) {
  TRY(const Bytes frame, bytes_of(line));
  TRY(const ByteView payload, payload_of(frame));
  if (payload.size() < 2 * sizeof(int16_t)) {
    return fail(Errc::MalformedMessage, "a request that ends before its version");
  }
  const auto key = load_big_endian<int16_t>(payload.data());
  const auto version = load_big_endian<int16_t>(payload.data() + sizeof(int16_t));
  const ApiInfo* api = protocol::find_api(key);
  if (api == nullptr) {
    return fail(Errc::UnsupportedVersion, fmt::format("no API has the number {}", key));
  }
  TRY(const Meaning header, meaning_of(type_named("Request", "Header"), payload, api->request_header_version(version)));
  TRY(Meaning body, meaning_of(type_named(api->name, "Request"), payload.last(header.left), version));
  return answer_to_frame(header, std::move(body));
}

Result<json::object> decode_response_frame(const json::object& line) {
  TRY(const ApiInfo* api, api_of(line));
  TRY(const int16_t version, version_of(line));
  TRY(const Bytes frame, bytes_of(line));
  TRY(const ByteView payload, payload_of(frame));
  TRY(const Meaning header,
      meaning_of(type_named("Response", "Header"), payload, api->response_header_version(version)));
  TRY(Meaning body, meaning_of(type_named(api->name, "Response"), payload.last(header.left), version));
  return answer_to_frame(header, std::move(body));
}

}  // namespace odradek::cli
