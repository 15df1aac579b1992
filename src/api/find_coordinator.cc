#include "api/find_coordinator.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include "api/auto_created_topics.h"
#include "api/forward.h"
#include "api/keep_alive.h"
#include "api/services.h"
#include "base/uuid.h"
#include "coordinator/group/group_router.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using protocol::Text;

constexpr int16_t first_version_of_many = 4;
constexpr int16_t first_version_with_shares = 6;

// What kind of thing a key names.
constexpr int8_t group = 0;
constexpr int8_t transaction = 1;
constexpr int8_t share = 2;

bool is_number(std::string_view text) {
  int32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// group:topic id:partition, of which the group may hold colons itself.
bool is_share_key(std::string_view key) {
  const size_t last = key.rfind(':');
  const size_t middle = last == std::string_view::npos || last == 0 ? std::string_view::npos : key.rfind(':', last - 1);
  return middle != std::string_view::npos && middle > 0 && Uuid::parse(key.substr(middle + 1, last - middle - 1)) &&
         is_number(key.substr(last + 1));
}

// Where a coordinator is, or why nobody is.
struct Found {
  ErrorCode error = ErrorCode::None;
  const metadata::BrokerImage* broker = nullptr;
  const metadata::EndpointImage* endpoint = nullptr;
};

Found without_coordinator(int8_t type, std::string_view key, int16_t version) {
  if (type == share && (version < first_version_with_shares || !is_share_key(key))) {
    return {.error = ErrorCode::InvalidRequest};
  }
  // Transactions and share groups are coordinated by nobody.
  return {.error =
              type == transaction || type == share ? ErrorCode::CoordinatorNotAvailable : ErrorCode::InvalidRequest};
}

Found group_coordinator(const RequestContext& context, const metadata::MetadataImage& image, std::string_view key) {
  const auto place = coordinator::GroupRouter::place_of(image, key);
  const metadata::TopicImage* topic = place ? image.topic(place->topic) : nullptr;
  const metadata::PartitionImage* partition = topic == nullptr ? nullptr : topic->partition(place->index);
  const metadata::BrokerImage* broker = partition == nullptr ? nullptr : image.broker(partition->leader);
  const metadata::EndpointImage* endpoint =
      broker == nullptr || broker->is_fenced ? nullptr : broker->endpoint(context.connection->listener);
  if (endpoint == nullptr) {
    return {.error = ErrorCode::CoordinatorNotAvailable};
  }
  return {.error = ErrorCode::None, .broker = broker, .endpoint = endpoint};
}

// The first who looks for a group's coordinator has the topic of groups created, and finds it there.
runtime::Task<void> ensure_offsets_topic(RequestContext& context) {
  if (context.services->image()->topic(coordinator::offsets_topic) != nullptr) {
    co_return;
  }
  protocol::CreateTopicsRequest request;
  request.topics.push_back(auto_created_topic(*context.services->config, coordinator::offsets_topic));
  machine::CallContext call = call_context(context);
  call.api_version = protocol::CreateTopicsRequest::max_version;
  // If that fails, the client is told that there is no coordinator, and asks again.
  [[maybe_unused]] const auto created = co_await context.services->controller.call(std::move(call), request);
}

}  // namespace

runtime::Task<FindCoordinatorResponse> find_coordinator(RequestContext& context, FindCoordinatorRequest request) {
  if (request.key_type == group) {
    co_await ensure_offsets_topic(context);
  }
  const metadata::SharedImage image = context.services->image();
  keep_alive(context, image);  // the answer views its hosts
  const auto find = [&](std::string_view key) {
    return request.key_type == group ? group_coordinator(context, *image, key)
                                     : without_coordinator(request.key_type, key, context.api_version);
  };
  const auto tell = [](const Found& found, auto& told) {
    told.error_code = wire_number(found.error);
    told.node_id = found.broker == nullptr ? no_node.raw() : found.broker->id.raw();
    told.host = found.endpoint == nullptr ? Text() : Text(std::string_view(found.endpoint->host));
    told.port = found.endpoint == nullptr ? -1 : found.endpoint->port;
  };
  FindCoordinatorResponse response;
  if (context.api_version < first_version_of_many) {
    const Found found = find(request.key);
    tell(found, response);
    response.error_message = Text(protocol::default_message(found.error));
    co_return response;
  }
  for (const Text& key : request.coordinator_keys) {
    const Found found = find(key);
    auto& coordinator = response.coordinators.emplace_back();
    coordinator.key = key;
    tell(found, coordinator);
    if (found.error == ErrorCode::InvalidRequest && request.key_type != share) {
      coordinator.error_message = Text(protocol::default_message(found.error));
    }
  }
  co_return response;
}

}  // namespace odradek::api
