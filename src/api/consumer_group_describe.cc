#include "api/consumer_group_describe.h"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "api/authorized_operations.h"
#include "api/detail/groups.h"
#include "coordinator/group/consumer_calls.h"

namespace odradek::api {

using protocol::ConsumerGroupDescribeResponse;
using protocol::ErrorCode;
using protocol::Text;

runtime::Task<ConsumerGroupDescribeResponse> consumer_group_describe(RequestContext& context,
                                                                     protocol::ConsumerGroupDescribeRequest request) {
  ConsumerGroupDescribeResponse response;
  detail::name_each_once(request.group_ids);
  for (const Text& group : request.group_ids) {
    auto& told = response.groups.emplace_back();
    told.group_id = group;
    if (!detail::serves_consumers(context)) {
      told.error_code = wire_number(ErrorCode::UnsupportedVersion);
      continue;
    }
    if (group.empty()) {
      told.error_code = wire_number(ErrorCode::InvalidGroupId);
      continue;
    }
    auto described =
        co_await detail::at_group(context, group, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
          return coordinator::describe_consumer_group(std::move(partition), group);
        });
    if (described) {
      told = *std::move(described);
      if (request.include_authorized_operations) {
        told.authorized_operations = all_group_operations;
      }
    } else {
      told.error_code = wire_number(described.error());
      if (described.error() == ErrorCode::GroupIdNotFound) {
        told.error_message = Text(fmt::format("Group {} not found.", group.view()));
      }
    }
    told.group_id = group;
  }
  co_return response;
}

}  // namespace odradek::api
