#include "api/find_coordinator.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include "api/forward.h"
#include "base/uuid.h"

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

bool is_known(int8_t type) { return type == group || type == transaction || type == share; }

ErrorCode answer_for(int8_t type, std::string_view key, int16_t version) {
  if (type == share && (version < first_version_with_shares || !is_share_key(key))) {
    return ErrorCode::InvalidRequest;
  }
  return ErrorCode::CoordinatorNotAvailable;
}

}  // namespace

runtime::Task<FindCoordinatorResponse> find_coordinator(RequestContext& context, FindCoordinatorRequest request) {
  FindCoordinatorResponse response;
  if (context.api_version < first_version_of_many) {
    const ErrorCode error = is_known(request.key_type)
                                ? answer_for(request.key_type, request.key.view(), context.api_version)
                                : ErrorCode::InvalidRequest;
    response.error_code = wire_number(error);
    response.error_message = Text(protocol::default_message(error));
    response.node_id = no_node.raw();
    response.port = -1;
    co_return response;
  }
  for (const Text& key : request.coordinator_keys) {
    auto& coordinator = response.coordinators.emplace_back();
    coordinator.key = key;
    coordinator.node_id = no_node.raw();
    coordinator.port = -1;
    const ErrorCode error = is_known(request.key_type) ? answer_for(request.key_type, key.view(), context.api_version)
                                                       : ErrorCode::InvalidRequest;
    coordinator.error_code = wire_number(error);
    if (!is_known(request.key_type)) {
      coordinator.error_message = Text(protocol::default_message(error));
    }
  }
  co_return response;
}

}  // namespace odradek::api
