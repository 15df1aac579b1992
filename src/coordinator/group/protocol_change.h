// A group that changes between the classic and the consumer protocol while it has members
// (group.consumer.migration.policy): to the new one when its first member joins, back when the last one goes.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "coordinator/group/classic_group.h"
#include "coordinator/group/consumer_step.h"
#include "coordinator/group/group_partition.h"
#include "machine/commit_log.h"

namespace odradek::coordinator {

// Whether a member of the consumer protocol may begin a group where `classic` is (null: nothing is).
[[nodiscard]] bool may_replace(const ClassicGroup* classic, const ConsumerOptions& options);

// Makes of the group's members members of `step`, with what they have; `records` undo the classic group. False, and
// nothing done, where their bytes are not what consumers write.
[[nodiscard]] bool upgrade(const ClassicGroup& classic, ConsumerStep& step, std::vector<machine::LogRecord>& records);

// When all members that are left in `step` speak the classic protocol, and there are some, the partition has a
// classic group from now on; `records` are then all there is to log. Its members are asked to join again, unless
// `joined` took the place of the last one that spoke the other protocol, and everybody has what it is owed. False, and
// nothing done, otherwise, and where that is more than one batch holds.
[[nodiscard]] bool downgrade_if_all_classic(GroupPartition& partition, const ConsumerStep& step,
                                            std::vector<machine::LogRecord>& records, const ConsumerOptions& options,
                                            std::optional<std::string_view> joined = std::nullopt);

}  // namespace odradek::coordinator
