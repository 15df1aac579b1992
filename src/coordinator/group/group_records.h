// The records of `__consumer_offsets`: reading them from what is stored, and storing them.
//
// Stored form: the key is an int16 that says what the record is about, then the key message; the value an int16
// version, then the value message. Bytes and versions are those of Kafka 4.3.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/result.h"
#include "machine/commit_log.h"
#include "protocol/records/consumer_group_current_member_assignment.h"
#include "protocol/records/consumer_group_member_metadata.h"
#include "protocol/records/consumer_group_metadata.h"
#include "protocol/records/consumer_group_partition_metadata.h"
#include "protocol/records/consumer_group_regular_expression.h"
#include "protocol/records/consumer_group_target_assignment_member.h"
#include "protocol/records/consumer_group_target_assignment_metadata.h"
#include "protocol/records/group_metadata.h"
#include "protocol/records/offset_commit.h"

namespace odradek::coordinator {

// One record: what it is about, and what is so from now on. Without a value it is so no longer (a tombstone).
template <typename KeyType, typename ValueType>
struct Change {
  using Key = KeyType;
  using Value = ValueType;
  Key key;
  std::optional<Value> value;
};

using OffsetChange = Change<protocol::OffsetCommitKey, protocol::OffsetCommitValue>;
using ClassicGroupChange = Change<protocol::GroupMetadataKey, protocol::GroupMetadataValue>;
using ConsumerGroupChange = Change<protocol::ConsumerGroupMetadataKey, protocol::ConsumerGroupMetadataValue>;
using ConsumerPartitionsChange =
    Change<protocol::ConsumerGroupPartitionMetadataKey, protocol::ConsumerGroupPartitionMetadataValue>;
using ConsumerMemberChange =
    Change<protocol::ConsumerGroupMemberMetadataKey, protocol::ConsumerGroupMemberMetadataValue>;
using ConsumerTargetChange =
    Change<protocol::ConsumerGroupTargetAssignmentMetadataKey, protocol::ConsumerGroupTargetAssignmentMetadataValue>;
using ConsumerTargetMemberChange =
    Change<protocol::ConsumerGroupTargetAssignmentMemberKey, protocol::ConsumerGroupTargetAssignmentMemberValue>;
using ConsumerCurrentChange =
    Change<protocol::ConsumerGroupCurrentMemberAssignmentKey, protocol::ConsumerGroupCurrentMemberAssignmentValue>;
using ConsumerRegexChange =
    Change<protocol::ConsumerGroupRegularExpressionKey, protocol::ConsumerGroupRegularExpressionValue>;

using GroupChange =
    std::variant<OffsetChange, ClassicGroupChange, ConsumerGroupChange, ConsumerPartitionsChange, ConsumerMemberChange,
                 ConsumerTargetChange, ConsumerTargetMemberChange, ConsumerCurrentChange, ConsumerRegexChange>;

// Nothing for records of kinds we do not act on (share and streams groups, and what later versions add): they stay in
// the log. Text and bytes in the result view the record. Errc::CorruptMessage for bytes that are no such record.
[[nodiscard]] Result<std::optional<GroupChange>> decode_change(const machine::LogRecordView& record);

// The stored form of `change`.
[[nodiscard]] machine::LogRecord encode_change(const GroupChange& change);

// encode_change(Change{key, value}), as decisions say it.
template <typename Key, typename Value>
[[nodiscard]] machine::LogRecord record_of(Key key, Value value) {
  return encode_change(Change<Key, Value>{std::move(key), std::move(value)});
}
template <typename ChangeType>
[[nodiscard]] machine::LogRecord tombstone(typename ChangeType::Key key) {
  return encode_change(ChangeType{std::move(key), std::nullopt});
}

}  // namespace odradek::coordinator
