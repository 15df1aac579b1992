#include "api/api_versions.h"

#include <algorithm>

#include "api/forward.h"
#include "protocol/framing.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using Request = protocol::ApiVersionsRequest;
using Response = protocol::ApiVersionsResponse;

// The clusters that this build starts and joins keep their voters in the metadata log (KIP-853). The level stands in
// that log's control records, which the image does not have.
constexpr int16_t kraft_version = 1;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// KIP-511: letters, digits, '-' and '.', with a letter or digit at both ends.
bool is_software_name(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; });
}

Response::ApiVersion row(const Api& api) {
  Response::ApiVersion version;
  version.api_key = static_cast<int16_t>(api.key);
  version.min_version = api.versions.first;
  version.max_version = api.versions.last;
  return version;
}

// Clients before version 4 refuse an answer in which a level may be 0 (KAFKA-17011).
void add_supported(const RequestContext& context, const metadata::MetadataImage& image, Response& response) {
  const metadata::BrokerImage* self = image.broker(context.services->broker.id);
  if (self == nullptr) {
    return;
  }
  for (const auto& [name, range] : self->features) {
    if (range.min > 0 || context.api_version >= 4) {
      Response::SupportedFeatureKey feature;
      feature.name = name;
      feature.min_version = range.min;
      feature.max_version = range.max;
      response.supported_features.push_back(std::move(feature));
    }
  }
}

void add_finalized(const metadata::MetadataImage& image, Response& response) {
  const auto add = [&](const protocol::Text& name, int16_t level) {
    if (level > 0) {
      Response::FinalizedFeatureKey feature;
      feature.name = name;
      feature.min_version_level = level;
      feature.max_version_level = level;
      response.finalized_features.push_back(std::move(feature));
    }
  };
  for (const auto& [name, level] : image.features()) {
    add(name, level);
  }
  add(metadata::kraft_version_feature, kraft_version);
  response.finalized_features_epoch = image.position().offset.raw();
}

}  // namespace

runtime::Task<Response> api_versions(RequestContext& context, Request request) {
  Response response;
  if (context.api_version >= 3 &&
      (!is_software_name(request.client_software_name) || !is_software_name(request.client_software_version))) {
    response.error_code = wire_number(ErrorCode::InvalidRequest);
    co_return response;
  }
  for (const Api& api : api_table()) {
    response.api_keys.push_back(row(api));
  }
  const metadata::SharedImage image = context.services->image();
  add_supported(context, *image, response);
  add_finalized(*image, response);
  co_return response;
}

runtime::Async<Reply> refuse_api_versions(RequestContext context) {
  Response response;
  response.error_code = wire_number(ErrorCode::UnsupportedVersion);
  if (const Api* self = find_served(static_cast<int16_t>(protocol::ApiKey::ApiVersions))) {
    response.api_keys.push_back(row(*self));
  }
  Reply reply;
  CO_TRY(reply.bytes, protocol::response_frame(response, 0, context.correlation_id));
  co_return reply;
}

}  // namespace odradek::api
