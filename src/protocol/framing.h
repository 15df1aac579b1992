// What stands around a message in a frame: its header, and the size in front of all.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/api_table.h"
#include "protocol/message.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace odradek::protocol {

// The header of a request.
struct RequestHead {
  int16_t api_key = 0;
  int16_t version = 0;
  int32_t correlation_id = 0;
  std::optional<Text> client_id;

  // Null if we know no such API, or not this version of it: then the body cannot be read. An ApiVersions request
  // of an unknown version is to be answered all the same, in version 0.
  const ApiInfo* api = nullptr;
};

// Reads the header from a frame (without its size) and leaves `in` at the body. Errc::MalformedMessage.
[[nodiscard]] Result<RequestHead> read_request_head(Reader& in);

void write_request_head(Writer& out, ApiKey api, int16_t version, int32_t correlation_id,
                        const std::optional<Text>& client_id);

// Reads the header of a response and leaves `in` at the body; the correlation id. Errc::MalformedMessage.
[[nodiscard]] Result<int32_t> read_response_head(Reader& in, ApiKey api, int16_t version);

void write_response_head(Writer& out, ApiKey api, int16_t version, int32_t correlation_id);

// The whole frame, size first, as it is sent.
template <typename Response>
[[nodiscard]] Result<ByteChain> response_frame(const Response& response, int16_t version, int32_t correlation_id) {
  Writer out;
  write_response_head(out, Response::api_key, version, correlation_id);
  response.encode(out, version);
  return std::move(out).finish_frame();
}

template <typename Request>
[[nodiscard]] Result<ByteChain> request_frame(const Request& request, int16_t version, int32_t correlation_id,
                                              const std::optional<Text>& client_id) {
  Writer out;
  write_request_head(out, Request::api_key, version, correlation_id, client_id);
  request.encode(out, version);
  return std::move(out).finish_frame();
}

}  // namespace odradek::protocol
