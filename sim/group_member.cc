#include "sim/group_member.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "protocol/messages/consumer_group_heartbeat.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"
#include "protocol/messages/sync_group.h"
#include "protocol/reader.h"
#include "protocol/records/consumer_protocol_assignment.h"
#include "protocol/records/consumer_protocol_subscription.h"
#include "protocol/writer.h"

namespace odradek::sim {
namespace {

using protocol::ErrorCode;
using protocol::Text;

template <typename Message>
Blob consumer_bytes(const Message& message, int16_t version) {
  protocol::Writer out;
  out.integer(version);
  message.encode(out, version);
  return Blob(*std::move(out).finish_bytes());
}

template <typename Message>
Result<Message> read_consumer_bytes(ByteView bytes, int16_t version) {
  if (bytes.size() < sizeof(int16_t)) {
    return Message{};
  }
  protocol::Reader in(bytes.subspan(sizeof(int16_t)));
  return Message::decode(in, version);
}

}  // namespace

void GroupMember::begin_life() {
  lose_everything();
  is_classic_ = may_be_classic_ && (!may_be_new_ || stage_.world.chance().one_in(2));
  ++lives_;
  id_ = is_classic_ ? std::string() : fmt::format("member-{}-{}", number_, lives_);
}

void GroupMember::lose_everything() {
  if (!id_.empty()) {
    watch_.stopped(id_);
  }
  epoch_ = 0;
  is_joined_ = false;
  says_all_ = true;
  reads_.clear();
}

void GroupMember::take(int32_t epoch, Partitions partitions, Asked asked) {
  epoch_ = watch_.as_told(id_, epoch);
  reads_ = watch_.as_told(id_, std::move(partitions));
  watch_.reads(id_, epoch_, reads_, asked);
}

bool GroupMember::go_on(int16_t number) {
  const auto error = static_cast<ErrorCode>(number);
  const auto is_one_of = [error](std::initializer_list<ErrorCode> errors) {
    return std::ranges::find(errors, error) != errors.end();
  };
  if (is_one_of({ErrorCode::None, ErrorCode::CoordinatorLoadInProgress, ErrorCode::CoordinatorNotAvailable,
                 ErrorCode::NotCoordinator})) {
    return true;
  }
  if (error == ErrorCode::RebalanceInProgress) {
    is_joined_ = false;
    return true;
  }
  if (is_one_of({ErrorCode::FencedMemberEpoch, ErrorCode::UnknownMemberId, ErrorCode::IllegalGeneration,
                 ErrorCode::StaleMemberEpoch, ErrorCode::InconsistentGroupProtocol, ErrorCode::GroupIdNotFound})) {
    begin_life();
    return true;
  }
  stage_.fail(fmt::format("{} of {} is refused with error {}", id_, watch_.group(), number));
  return false;
}

runtime::Task<void> GroupMember::run() {
  begin_life();
  for (;;) {
    const bool may_go_on = co_await stage_.opened();
    if (!may_go_on) {
      co_return;
    }
    const Result<> ended = co_await live();  // an error is that of a connection: the broker is gone, or the network
    if (!ended && ended.error().code == Errc::RequestTimedOut && stage_.is_open()) {
      stage_.fail(fmt::format("{}: {}", id_, ended.error().message));
    }
    co_await runtime::sleep_for(std::chrono::milliseconds(1 + stage_.world.chance().below(20)));
  }
}

runtime::Async<> GroupMember::live() {
  const Stage::Visit visit(stage_);
  runtime::Random& chance = stage_.world.chance();
  CO_TRY(const auto client, co_await Client::connect(broker_port));
  CO_TRY(co_await find_coordinator(*client));
  while (stage_.is_open()) {
    if (!is_classic_) {
      CO_TRY(const bool goes_on, co_await beat(*client));
      if (!goes_on) {
        break;
      }
    } else if (!is_joined_) {
      CO_TRY(const bool goes_on, co_await join(*client));
      if (!goes_on) {
        break;
      }
    } else {
      CO_TRY(const bool goes_on, co_await beat_classic(*client));
      if (!goes_on) {
        break;
      }
    }
    if (!reads_.empty() && chance.one_in(3)) {
      CO_TRY(co_await commit(*client));
    }
    if (chance.one_in(5)) {
      CO_TRY(co_await fetch(*client));
    }
    if (dares(60)) {
      const Result<> left = co_await leave(*client);
      begin_life();  // whether or not anybody heard it, it has stopped reading
      CO_TRY(left);
    } else if (dares(40)) {
      begin_life();  // it is dead, and nobody was told
    }
    // Too long for its session, sometimes: others may read then what it believes to read.
    const bool oversleeps = dares(30);
    const int64_t pause = oversleeps ? group_session_ms * 2 : static_cast<int64_t>(chance.below(80));
    co_await runtime::sleep_for(std::chrono::milliseconds(pause));
    if (oversleeps && !reads_.empty() && stage_.is_open()) {
      CO_TRY(co_await commit(*client));  // before it hears that it was replaced
    }
    if (dares(25)) {
      break;  // over another connection then
    }
  }
  co_return Result<>{};
}

runtime::Async<> GroupMember::find_coordinator(Client& client) const {
  protocol::FindCoordinatorRequest request;
  request.coordinator_keys = {Text(std::string_view(watch_.group()))};
  CO_TRY(const auto answer, co_await client.call<protocol::FindCoordinatorResponse>(request, 4));
  co_return Result<>{};
}

runtime::Async<bool> GroupMember::beat(Client& client) {
  protocol::ConsumerGroupHeartbeatRequest request;
  request.group_id = std::string_view(watch_.group());
  request.member_id = std::string_view(id_);
  request.member_epoch = epoch_;
  std::vector<std::string> names;
  for (const TopicPtr& topic : watch_.topics()) {
    names.push_back(topic->name);
  }
  if (names.empty()) {
    co_return false;
  }
  if (epoch_ == 0 || names != subscribed_) {
    subscribed_ = std::move(names);
    says_all_ = true;
  }
  if (says_all_) {
    request.rebalance_timeout_ms = group_rebalance_ms;
    request.subscribed_topic_names.emplace();
    for (const std::string& name : subscribed_) {
      request.subscribed_topic_names->emplace_back(std::string_view(name));
    }
  }
  request.topic_partitions.emplace();
  std::map<std::string, std::vector<int32_t>> owned;
  for (const TopicPartition& partition : reads_) {
    owned[partition.topic].push_back(partition.index.raw());
  }
  for (const TopicPtr& topic : stage_.topics.all()) {
    if (owned.contains(topic->name) && epoch_ != 0) {
      request.topic_partitions->push_back(
          {.topic_id = topic->id.uuid(), .partitions = owned[topic->name], .unknown_tags = {}});
    }
  }
  const Asked asked = watch_.asks();
  says_all_ = true;  // as real clients do after an answer that was lost: what it said is not said again unasked
  const auto answer = co_await client.call<protocol::ConsumerGroupHeartbeatResponse>(request, 1);
  if (!answer) {
    watch_.heard_nothing(id_, asked);
    co_return std::unexpected(answer.error());
  }
  const auto& told = answer->message;
  if (told.error_code != 0) {
    co_return go_on(told.error_code);
  }
  Partitions now = reads_;
  if (told.assignment) {
    now.clear();
    for (const auto& topic : told.assignment->topic_partitions) {
      const auto known =
          std::ranges::find(stage_.topics.all(), TopicId(topic.topic_id), [](const TopicPtr& one) { return one->id; });
      if (known != stage_.topics.all().end()) {
        for (const int32_t index : topic.partitions) {
          now.insert({.topic = (*known)->name, .index = PartitionIndex{index}});
        }
      }
    }
  }
  take(told.member_epoch, std::move(now), asked);
  says_all_ = stage_.world.chance().one_in(10);
  co_return true;
}

runtime::Async<bool> GroupMember::join(Client& client) {
  watch_.stopped(id_);
  reads_.clear();
  const std::vector<TopicPtr> topics = watch_.topics();
  if (topics.empty()) {
    co_return false;
  }
  protocol::ConsumerProtocolSubscription subscription;
  subscribed_.clear();
  for (const TopicPtr& topic : topics) {
    subscribed_.push_back(topic->name);
    subscription.topics.emplace_back(std::string_view(topic->name));
  }
  protocol::JoinGroupRequest request;
  request.group_id = std::string_view(watch_.group());
  request.session_timeout_ms = group_session_ms;
  request.rebalance_timeout_ms = group_rebalance_ms;
  request.member_id = std::string_view(id_);
  request.protocol_type = "consumer";
  request.protocols.push_back({.name = "range", .metadata = consumer_bytes(subscription, 1), .unknown_tags = {}});
  CO_TRY(const auto joined, co_await client.call<protocol::JoinGroupResponse>(request, 9));
  if (static_cast<ErrorCode>(joined.message.error_code) == ErrorCode::MemberIdRequired) {
    id_ = joined.message.member_id.str();
    co_return true;
  }
  if (joined.message.error_code != 0) {
    co_return go_on(joined.message.error_code);
  }
  id_ = joined.message.member_id.str();
  epoch_ = joined.message.generation_id;

  protocol::SyncGroupRequest sync;
  sync.group_id = std::string_view(watch_.group());
  sync.generation_id = epoch_;
  sync.member_id = std::string_view(id_);
  sync.protocol_type = Text("consumer");
  sync.protocol_name = Text("range");
  const auto& members = joined.message.members;
  if (joined.message.leader == id_ && !joined.message.skip_assignment) {
    for (size_t m = 0; m < members.size(); ++m) {
      protocol::ConsumerProtocolAssignment assignment;
      for (const TopicPtr& topic : topics) {
        auto& given = assignment.assigned_partitions.emplace_back();
        given.topic = std::string_view(topic->name);
        for (int32_t i = 0; i < topic->partitions; ++i) {
          if (static_cast<size_t>(i) % members.size() == m) {
            given.partitions.push_back(i);
          }
        }
      }
      sync.assignments.push_back(
          {.member_id = members[m].member_id, .assignment = consumer_bytes(assignment, 1), .unknown_tags = {}});
    }
  }
  const Asked asked = watch_.asks();
  CO_TRY(const auto synced, co_await client.call<protocol::SyncGroupResponse>(sync, 5));
  if (synced.message.error_code != 0) {
    co_return go_on(synced.message.error_code);
  }
  CO_TRY(const auto mine,
         read_consumer_bytes<protocol::ConsumerProtocolAssignment>(synced.message.assignment.view(), 1));
  Partitions now;
  for (const auto& topic : mine.assigned_partitions) {
    for (const int32_t index : topic.partitions) {
      now.insert({.topic = topic.topic.str(), .index = PartitionIndex{index}});
    }
  }
  is_joined_ = true;
  take(epoch_, std::move(now), asked);
  co_return true;
}

runtime::Async<bool> GroupMember::beat_classic(Client& client) {
  const std::vector<TopicPtr> topics = watch_.topics();
  if (!std::ranges::equal(topics, subscribed_, {}, [](const TopicPtr& topic) { return topic->name; })) {
    is_joined_ = false;
    co_return true;
  }
  protocol::HeartbeatRequest request;
  request.group_id = std::string_view(watch_.group());
  request.generation_id = epoch_;
  request.member_id = std::string_view(id_);
  const Asked asked = watch_.asks();
  CO_TRY(const auto answer, co_await client.call<protocol::HeartbeatResponse>(request, 4));
  if (answer.message.error_code == 0) {
    watch_.stays(id_, asked);
  }
  co_return go_on(answer.message.error_code);
}

runtime::Async<> GroupMember::leave(Client& client) {
  watch_.stopped(id_);  // what it had may be another's before it hears the answer
  if (is_classic_) {
    protocol::LeaveGroupRequest request;
    request.group_id = std::string_view(watch_.group());
    auto& member = request.members.emplace_back();
    member.member_id = std::string_view(id_);
    CO_TRY(co_await client.call<protocol::LeaveGroupResponse>(request, 4));
  } else {
    protocol::ConsumerGroupHeartbeatRequest request;
    request.group_id = std::string_view(watch_.group());
    request.member_id = std::string_view(id_);
    request.member_epoch = -1;
    CO_TRY(co_await client.call<protocol::ConsumerGroupHeartbeatResponse>(request, 1));
  }
  co_return Result<>{};
}

runtime::Async<> GroupMember::commit(Client& client) {
  auto place = reads_.begin();
  std::advance(place, static_cast<ptrdiff_t>(stage_.world.chance().below(reads_.size())));
  const TopicPartition partition = *place;
  const GroupCommit sent = watch_.next_commit(id_, partition);
  protocol::OffsetCommitRequest request;
  request.group_id = std::string_view(watch_.group());
  request.generation_id_or_member_epoch = epoch_;
  request.member_id = std::string_view(id_);
  auto& topic = request.topics.emplace_back();
  topic.name = std::string_view(partition.topic);
  auto& one = topic.partitions.emplace_back();
  one.partition_index = partition.index.raw();
  one.committed_offset = sent.offset;
  const auto answer = co_await client.call<protocol::OffsetCommitResponse>(request, 9);
  const GroupLies& lies = watch_.lies();
  if (!answer) {
    lies.answers_commits_early ? watch_.committed(sent) : watch_.lost_sight(sent);
    co_return std::unexpected(answer.error());
  }
  const auto error = static_cast<ErrorCode>(answer->message.topics.at(0).partitions.at(0).error_code);
  switch (error) {
    case ErrorCode::None: watch_.committed(sent); break;
    case ErrorCode::NotCoordinator:
    case ErrorCode::CoordinatorNotAvailable: watch_.lost_sight(sent); break;
    case ErrorCode::RebalanceInProgress: is_joined_ = false; [[fallthrough]];
    default: lies.takes_commits_of_the_fenced ? watch_.committed(sent) : watch_.refused(sent);
  }
  if (error != ErrorCode::UnknownTopicOrPartition) {
    [[maybe_unused]] const bool goes_on = go_on(static_cast<int16_t>(error));
  }
  co_return Result<>{};
}

runtime::Async<> GroupMember::fetch(Client& client) {
  protocol::OffsetFetchRequest request;
  auto& group = request.groups.emplace_back();
  group.group_id = std::string_view(watch_.group());
  group.topics.emplace();
  std::map<TopicPartition, GroupPromise> promised;
  for (const TopicPtr& topic : watch_.topics()) {
    auto& asked = group.topics->emplace_back();
    asked.name = std::string_view(topic->name);
    for (int32_t i = 0; i < topic->partitions; ++i) {
      asked.partition_indexes.push_back(i);
      const TopicPartition partition{.topic = topic->name, .index = PartitionIndex{i}};
      promised[partition] = watch_.promised(partition);
    }
  }
  CO_TRY(const auto answer, co_await client.call<protocol::OffsetFetchResponse>(request, 8));
  for (const auto& told : answer.message.groups) {
    if (told.error_code != 0) {
      continue;
    }
    for (const auto& topic : told.topics) {
      for (const auto& one : topic.partitions) {
        const TopicPartition partition{.topic = topic.name.str(), .index = PartitionIndex{one.partition_index}};
        if (one.error_code == 0 && promised.contains(partition)) {
          watch_.found(partition, promised.at(partition), watch_.as_told(partition, one.committed_offset));
        }
      }
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::sim
