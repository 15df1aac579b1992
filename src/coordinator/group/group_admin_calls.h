// Listing, describing and deleting groups on a group partition.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/group/answer.h"
#include "coordinator/group/group_coordinator.h"
#include "coordinator/group/group_partition.h"
#include "protocol/messages/describe_groups.h"
#include "protocol/messages/list_groups.h"
#include "runtime/task.h"

namespace odradek::coordinator {

// Groups of one coordinator. Empty filters let all pass; they compare without regard to case. An error of the
// response's is that some partition is still loading.
[[nodiscard]] runtime::Task<protocol::ListGroupsResponse> list_groups(GroupCoordinator& coordinator,
                                                                      std::vector<std::string> states,
                                                                      std::vector<std::string> types);

// A classic group. GroupIdNotFound where there is none.
[[nodiscard]] runtime::Task<Answer<protocol::DescribeGroupsResponse::DescribedGroup>> describe_group(
    std::shared_ptr<GroupPartition> partition, std::string_view group);

// With all its offsets. GroupIdNotFound, NonEmptyGroup.
[[nodiscard]] runtime::Task<Answer<bool>> delete_group(std::shared_ptr<GroupPartition> partition, std::string id);

}  // namespace odradek::coordinator
