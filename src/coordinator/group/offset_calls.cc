#include "coordinator/group/offset_calls.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "runtime/shard.h"
#include "runtime/wait.h"

namespace odradek::coordinator {

using machine::Decision;
using machine::LogRecord;
using protocol::ErrorCode;
using protocol::OffsetCommitRequest;
using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::Text;

namespace {

constexpr int16_t first_version_for_unknown_groups = 9;  // which earlier ones call a wrong generation

protocol::OffsetCommitKey key_of(std::string_view group, std::string_view topic, int32_t partition) {
  protocol::OffsetCommitKey key;
  key.group = group;
  key.topic = topic;
  key.partition = partition;
  return key;
}

LogRecord offset_tombstone(std::string_view group, std::string_view topic, int32_t partition) {
  return tombstone<OffsetChange>(key_of(group, topic, partition));
}

// As Java counts a text: in UTF-16.
size_t length_of(std::string_view text) {
  size_t length = 0;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    length += (byte & 0xC0) == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1;
  }
  return length;
}

Committer committer_of(const OffsetCommitRequest& request, const Caller& caller) {
  return {.member_id = request.member_id,
          .instance_id = request.group_instance_id ? std::optional(request.group_instance_id->view()) : std::nullopt,
          .generation_or_epoch = request.generation_id_or_member_epoch,
          .api_version = caller.api_version};
}

// Whether this caller may commit now; makes the group where offsets are all that it will hold.
ErrorCode check_commit(GroupPartition& partition, const OffsetCommitRequest& request, const Caller& caller) {
  const Committer committer = committer_of(request, caller);
  const Group* group = partition.find(request.group_id);
  if (group != nullptr) {
    return group->check_commit(committer);
  }
  if (committer.generation_or_epoch >= 0) {
    return caller.api_version >= first_version_for_unknown_groups ? ErrorCode::GroupIdNotFound
                                                                  : ErrorCode::IllegalGeneration;
  }
  partition.make_classic(request.group_id);
  return ErrorCode::None;
}

// A partition that was never this member's, or is no longer, refuses them all.
ErrorCode check_partitions(const ConsumerGroup& group, const OffsetCommitRequest& request, const Committer& committer) {
  for (const auto& topic : request.topics) {
    for (const auto& offset : topic.partitions) {
      const ErrorCode error = group.check_commit_of(committer, TopicId(topic.topic_id), offset.partition_index);
      if (error != ErrorCode::None) {
        return error;
      }
    }
  }
  return ErrorCode::None;
}

size_t count_partitions(const OffsetCommitRequest& request) {
  size_t count = 0;
  for (const auto& topic : request.topics) {
    count += topic.partitions.size();
  }
  return count;
}

Decision<std::vector<ErrorCode>> decide_commit(GroupPartition& partition, const OffsetCommitRequest& request,
                                               const Caller& caller) {
  const runtime::Shard& shard = runtime::Shard::current();
  const int64_t now = shard.wall_now();
  ErrorCode refused = check_commit(partition, request, caller);
  const ConsumerGroup* consumers = partition.state().consumer_group(request.group_id);
  if (refused == ErrorCode::None && consumers != nullptr) {
    refused = check_partitions(*consumers, request, committer_of(request, caller));
  }
  const auto metadata_max = static_cast<size_t>(std::max(partition.options().offset_metadata_bytes_max, 0));
  Decision<std::vector<ErrorCode>> decision{.records = {}, .reply = {}};
  const size_t count = count_partitions(request);
  decision.reply.reserve(count);
  decision.records.reserve(refused == ErrorCode::None ? count : 0);
  for (const auto& topic : request.topics) {
    for (const auto& offset : topic.partitions) {
      const std::string_view metadata = offset.committed_metadata ? offset.committed_metadata->view() : "";
      ErrorCode told = refused;
      if (told == ErrorCode::None && metadata.size() > metadata_max && length_of(metadata) > metadata_max) {
        told = ErrorCode::OffsetMetadataTooLarge;
      }
      decision.reply.push_back(told);
      if (told != ErrorCode::None) {
        continue;
      }
      protocol::OffsetCommitValue value;
      value.offset = offset.committed_offset;
      value.leader_epoch = offset.committed_leader_epoch;
      value.metadata = metadata;
      value.commit_timestamp = offset.commit_timestamp >= 0 ? offset.commit_timestamp : now;
      if (request.retention_time_ms >= 0) {
        constexpr int64_t last = std::numeric_limits<int64_t>::max();
        value.expire_timestamp = request.retention_time_ms > last - now ? last : now + request.retention_time_ms;
      }
      value.topic_id = topic.topic_id;
      decision.records.push_back(
          record_of(key_of(request.group_id, topic.name, offset.partition_index), std::move(value)));
    }
  }
  if (ClassicGroup* group = partition.classic(request.group_id); group != nullptr && refused == ErrorCode::None) {
    group->note_commit(request.member_id, {.now = shard.now(), .wall_ms = now});
  }
  return decision;
}

void fill(OffsetFetchResponse::OffsetFetchResponsePartitions& told, const CommittedOffset& offset) {
  told.partition_index = offset.partition;
  told.committed_offset = offset.offset;
  told.committed_leader_epoch = offset.leader_epoch;
  told.metadata = Text::owned(offset.metadata);
}

// There is another topic of that name now.
bool has_outlived_its_topic(const metadata::MetadataImage& image, std::string_view topic,
                            const CommittedOffset& offset) {
  return !offset.topic_id.is_zero() && image.topic(TopicId(offset.topic_id)) == nullptr &&
         image.topic(topic) != nullptr;
}

OffsetFetchResponse::OffsetFetchResponseGroup fetch(const GroupPartition& partition,
                                                    const OffsetFetchRequest::OffsetFetchRequestGroup& request) {
  OffsetFetchResponse::OffsetFetchResponseGroup told;
  told.group_id = Text::owned(request.group_id);
  const OffsetTable& offsets = partition.state().offsets();
  if (!request.topics) {
    if (const GroupOffsets* all = offsets.find(request.group_id)) {
      for (const auto& [topic, committed] : *all) {
        auto& told_topic = told.topics.emplace_back();
        told_topic.name = Text(topic);
        for (const CommittedOffset& offset : committed) {
          if (!has_outlived_its_topic(partition.image(), topic, offset)) {
            fill(told_topic.partitions.emplace_back(), offset);
          }
        }
        if (told_topic.partitions.empty()) {
          told.topics.pop_back();
        }
      }
    }
    return told;
  }
  std::set<const CommittedOffset*> told_with_metadata;
  for (const auto& topic : *request.topics) {
    auto& told_topic = told.topics.emplace_back();
    told_topic.name = Text::owned(topic.name);
    told_topic.topic_id = topic.topic_id;
    for (const int32_t index : topic.partition_indexes) {
      const CommittedOffset* offset = offsets.find(request.group_id, topic.name, index);
      // Asked for once more: four bytes would be answered with thousands.
      if (offset != nullptr && !offset->metadata.empty() && !told_with_metadata.insert(offset).second) {
        continue;
      }
      auto& told_partition = told_topic.partitions.emplace_back();
      told_partition.partition_index = index;
      told_partition.committed_offset = -1;
      told_partition.metadata = Text("");
      const bool is_of_another_topic = offset != nullptr && !topic.topic_id.is_zero() && !offset->topic_id.is_zero() &&
                                       offset->topic_id != topic.topic_id;
      if (offset != nullptr && !is_of_another_topic) {
        fill(told_partition, *offset);
      }
    }
  }
  return told;
}

bool has_expired(const CommittedOffset& offset, const OffsetExpiry& expiry, int64_t now, int64_t retention_ms) {
  if (offset.expire_timestamp >= 0) {
    return now >= offset.expire_timestamp;
  }
  switch (expiry.from) {
    case OffsetExpiry::From::Never: return false;
    case OffsetExpiry::From::Commit: return now - offset.commit_timestamp >= retention_ms;
    case OffsetExpiry::From::Moment: return now - expiry.moment >= retention_ms;
  }
  unreachable();
}

// Adds what has expired of one group's offsets; true if none is left then.
bool add_expired(const GroupPartition& partition, const std::string& id, const Group& group, int64_t now,
                 std::vector<LogRecord>& records) {
  const GroupOffsets* topics = partition.state().offsets().find(id);
  if (topics == nullptr) {
    return true;
  }
  const OffsetExpiry expiry = group.offset_expiry();
  const int64_t retention_ms = std::chrono::milliseconds(partition.options().offsets_retention).count();
  bool is_all = true;
  for (const auto& [topic, offsets] : *topics) {
    const bool is_in_use = expiry.from == OffsetExpiry::From::Never || group.is_subscribed_to(topic);
    for (const CommittedOffset& offset : offsets) {
      if (!is_in_use && has_expired(offset, expiry, now, retention_ms)) {
        records.push_back(offset_tombstone(id, topic, offset.partition));
      } else {
        is_all = false;
      }
    }
  }
  return is_all;
}

bool is_of(const CommittedOffset& offset, const DeletedTopic& topic) {
  return offset.topic_id.is_zero() || offset.topic_id == topic.id.uuid();
}

std::vector<LogRecord> tombstones_of(const OffsetTable& offsets, const std::vector<DeletedTopic>& deleted) {
  std::vector<LogRecord> records;
  for (const auto& [group, topics] : offsets.groups()) {
    for (const DeletedTopic& topic : deleted) {
      const auto found = topics.find(topic.name);
      if (found == topics.end()) {
        continue;
      }
      for (const CommittedOffset& offset : found->second) {
        if (is_of(offset, topic)) {
          records.push_back(offset_tombstone(group, topic.name, offset.partition));
        }
      }
    }
  }
  return records;
}

bool is_abandoned(GroupPartition& partition, const std::string& id, const Group& group) {
  const ClassicGroup* classic = partition.classic(id);
  return group.is_empty() && (classic == nullptr || !classic->has_pending_members());
}

// What undoes the group's offsets that have expired, and the group if it then holds nothing.
std::vector<LogRecord> expired_of(GroupPartition& partition, const std::string& id) {
  std::vector<LogRecord> records;
  const Group* group = partition.find(id);
  if (group != nullptr && add_expired(partition, id, *group, runtime::Shard::current().wall_now(), records) &&
      is_abandoned(partition, id, *group)) {
    // Too much for one batch: the offsets go now, the group in the next round.
    [[maybe_unused]] const bool has_ended = end_group(partition, id, records);
  }
  return records;
}

// What undoes the offsets that a request names, and the answer when that is done.
Answer<OffsetDeleteResponse> find_deleted(const GroupPartition& partition, const OffsetDeleteRequest& request,
                                          std::vector<LogRecord>& records) {
  const Group* group = partition.find(request.group_id);
  if (group == nullptr) {
    return std::unexpected(ErrorCode::GroupIdNotFound);
  }
  // What a connector's worker reads nobody but its clients can tell.
  if (!group->is_empty() && group->protocol_type() != "consumer") {
    return std::unexpected(ErrorCode::NonEmptyGroup);
  }
  OffsetDeleteResponse response;
  for (const auto& topic : request.topics) {
    auto& told_topic = response.topics.emplace_back();
    told_topic.name = Text::owned(topic.name);
    const bool is_in_use = group->is_subscribed_to(topic.name);
    for (const auto& each : topic.partitions) {
      auto& told = told_topic.partitions.emplace_back();
      told.partition_index = each.partition_index;
      if (is_in_use) {
        told.error_code = static_cast<int16_t>(ErrorCode::GroupSubscribedToTopic);
      } else if (partition.state().offsets().find(request.group_id, topic.name, each.partition_index) != nullptr) {
        records.push_back(offset_tombstone(request.group_id, topic.name, each.partition_index));
      }
    }
  }
  return response;
}

}  // namespace

runtime::Task<Answer<std::vector<ErrorCode>>> commit_offsets(std::shared_ptr<GroupPartition> partition,
                                                             const OffsetCommitRequest& request, Caller caller) {
  auto decided =
      co_await partition->execute([&](const GroupState&) { return decide_commit(*partition, request, caller); });
  if (!decided) {
    const bool is_too_large = decided.error().code == Errc::RecordListTooLarge;
    co_return std::unexpected(is_too_large ? ErrorCode::InvalidCommitOffsetSize : code_of(decided.error()));
  }
  co_return *std::move(decided);
}

runtime::Task<Answer<OffsetFetchResponse::OffsetFetchResponseGroup>> fetch_offsets(
    std::shared_ptr<GroupPartition> partition, const OffsetFetchRequest::OffsetFetchRequestGroup& request) {
  const auto member = request.member_id ? std::optional(request.member_id->view()) : std::nullopt;
  const Group* group = partition->find(request.group_id);
  const ErrorCode error = group == nullptr ? ErrorCode::None : group->check_fetch(member, request.member_epoch);
  if (error != ErrorCode::None) {
    co_return std::unexpected(error);
  }
  OffsetFetchResponse::OffsetFetchResponseGroup told = fetch(*partition, request);
  if (!partition->is_settled()) {
    const Result<> settled = co_await partition->settled();
    if (!settled) {
      co_return std::unexpected(code_of(settled.error()));
    }
  }
  co_return told;
}

runtime::Task<Answer<OffsetDeleteResponse>> delete_offsets(std::shared_ptr<GroupPartition> partition,
                                                           const OffsetDeleteRequest& request) {
  for (;;) {
    const ErrorCode available = partition->availability();
    if (available != ErrorCode::None) {
      co_return std::unexpected(available);
    }
    std::vector<LogRecord> records;
    Answer<OffsetDeleteResponse> answer = find_deleted(*partition, request, records);
    const Result<bool> deleted = co_await partition->append_some(std::move(records));
    if (!deleted) {
      co_return std::unexpected(code_of(deleted.error()));
    }
    if (*deleted) {
      co_return answer;
    }
  }
}

runtime::Task<void> expire_offsets(std::shared_ptr<GroupPartition> partition) {
  if (partition->availability() != ErrorCode::None) {
    co_return;
  }
  std::vector<std::string> groups;
  for (const auto& [id, group] : partition->classic_groups()) {
    groups.push_back(id);
  }
  for (const auto& [id, group] : partition->state().consumer_groups()) {
    groups.push_back(id);
  }
  for (const std::string& id : groups) {
    bool is_done = false;
    while (!is_done && partition->availability() == ErrorCode::None) {
      std::vector<LogRecord> records = expired_of(*partition, id);
      if (records.empty()) {
        break;
      }
      // If they cannot be written, the partition loads again with what has expired still in it, and the next round
      // comes.
      const Result<bool> expired = co_await partition->append_some(std::move(records));
      is_done = !expired || *expired;
    }
    co_await runtime::yield();  // there may be hundreds of thousands, and nothing to write for any
  }
}

bool end_group(GroupPartition& partition, const std::string& id, std::vector<LogRecord>& records) {
  const size_t offsets = records.size();
  partition.find(id)->add_tombstones(records);
  if (!partition.fits(records)) {
    records.resize(offsets);
    return false;
  }
  partition.drop_classic(id);
  return true;
}

runtime::Task<void> forget_topics(std::shared_ptr<GroupPartition> partition, std::vector<DeletedTopic> topics) {
  const bool is_available = co_await partition->available();
  bool is_done = !is_available;
  while (!is_done && partition->availability() == ErrorCode::None) {
    // If they cannot be written, the partition loads again, and they are hidden all the same.
    const Result<bool> forgotten = co_await partition->append_some(tombstones_of(partition->state().offsets(), topics));
    is_done = !forgotten || *forgotten;
  }
}

void add_offset_tombstones(const GroupState& state, std::string_view group, std::vector<LogRecord>& records) {
  if (const GroupOffsets* topics = state.offsets().find(group)) {
    for (const auto& [topic, offsets] : *topics) {
      for (const CommittedOffset& offset : offsets) {
        records.push_back(offset_tombstone(group, topic, offset.partition));
      }
    }
  }
}

}  // namespace odradek::coordinator
