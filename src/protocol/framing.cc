#include "protocol/framing.h"

#include "protocol/messages/headers.h"

namespace odradek::protocol {

Result<RequestHead> read_request_head(Reader& in) {
  RequestHead head;
  in.integer(head.api_key);
  in.integer(head.version);
  in.integer(head.correlation_id);
  in.text(head.client_id, false);
  const ApiInfo* api = find_api(head.api_key);
  if (api != nullptr && api->versions.contains(head.version)) {
    head.api = api;
    if (api->request_header_version(head.version) >= RequestHeader::first_flexible_version) {
      UnknownTags ignored;
      in.tags(ignored);
    }
  }
  TRY(in.outcome());
  return head;
}

void write_request_head(Writer& out, ApiKey api, int16_t version, int32_t correlation_id,
                        const std::optional<Text>& client_id) {
  RequestHeader header;
  header.request_api_key = static_cast<int16_t>(api);
  header.request_api_version = version;
  header.correlation_id = correlation_id;
  header.client_id = client_id;
  header.encode(out, api_info(api).request_header_version(version));
}

Result<int32_t> read_response_head(Reader& in, ApiKey api, int16_t version) {
  TRY(const ResponseHeader header, ResponseHeader::decode(in, api_info(api).response_header_version(version)));
  return header.correlation_id;
}

void write_response_head(Writer& out, ApiKey api, int16_t version, int32_t correlation_id) {
  ResponseHeader header;
  header.correlation_id = correlation_id;
  header.encode(out, api_info(api).response_header_version(version));
}

}  // namespace odradek::protocol
