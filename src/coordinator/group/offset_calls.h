// Committing, fetching, deleting and expiring offsets on an available group partition.
//
// What a request views must stay until the answer; answers own what they say. Every answer leaves when what it saw is
// committed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/group/answer.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_partition.h"
#include "metadata/image_feed.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_delete.h"
#include "protocol/messages/offset_fetch.h"
#include "runtime/task.h"

namespace odradek::coordinator {

// Topics must have their names, and their ids where they are known; none is looked up. One code for each partition, in
// the order of the request.
[[nodiscard]] runtime::Task<Answer<std::vector<protocol::ErrorCode>>> commit_offsets(
    std::shared_ptr<GroupPartition> partition, const protocol::OffsetCommitRequest& request, Caller caller);

// Topics by name, as they are called in the table; a topic id in the request that is not the commit's hides it.
// No topics: all that were committed.
[[nodiscard]] runtime::Task<Answer<protocol::OffsetFetchResponse::OffsetFetchResponseGroup>> fetch_offsets(
    std::shared_ptr<GroupPartition> partition, const protocol::OffsetFetchRequest::OffsetFetchRequestGroup& request);

[[nodiscard]] runtime::Task<Answer<protocol::OffsetDeleteResponse>> delete_offsets(
    std::shared_ptr<GroupPartition> partition, const protocol::OffsetDeleteRequest& request);

// Drops what has outlived its retention, and groups that then hold nothing.
[[nodiscard]] runtime::Task<void> expire_offsets(std::shared_ptr<GroupPartition> partition);

using DeletedTopic = metadata::ImageChanges::DeletedTopic;

// Drops all offsets of topics that are no more, once the partition is available; not those of topics that were made
// since and have their names.
[[nodiscard]] runtime::Task<void> forget_topics(std::shared_ptr<GroupPartition> partition,
                                                std::vector<DeletedTopic> topics);

// Adds what undoes the group itself, and drops it here: append them in the same step. False, and nothing done, if that
// is more than one batch holds; then append `records` first, and look again.
[[nodiscard]] bool end_group(GroupPartition& partition, const std::string& id,
                             std::vector<machine::LogRecord>& records);

// Adds what undoes all offsets of a group.
void add_offset_tombstones(const GroupState& state, std::string_view group, std::vector<machine::LogRecord>& records);

}  // namespace odradek::coordinator
