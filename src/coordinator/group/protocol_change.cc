#include "coordinator/group/protocol_change.h"

#include <algorithm>
#include <utility>

#include "base/ensure.h"
#include "coordinator/group/consumer_protocol.h"
#include "coordinator/group/group_records.h"
#include "runtime/shard.h"

namespace odradek::coordinator {

namespace {

std::optional<ConsumerMember> converted(const ClassicMember& classic, const ClassicGroup& group,
                                        const metadata::MetadataImage& image) {
  ConsumerMember member;
  member.id = classic.id;
  member.instance_id = classic.instance_id;
  member.client_id = classic.client_id;
  member.client_host = classic.client_host;
  member.rebalance_timeout = classic.rebalance_timeout;
  member.classic = ClassicProtocols{.session_timeout = classic.session_timeout, .supported = {}};
  for (const ClassicMember::Protocol& one : classic.protocols) {
    const ByteView bytes = one.metadata.view();
    member.classic->supported.push_back({.name = one.name, .metadata = Bytes(bytes.begin(), bytes.end())});
  }
  if (classic.protocols.empty()) {
    return std::nullopt;
  }
  const auto subscription = read_subscription(classic.protocols.front().metadata.view());
  if (!subscription) {
    return std::nullopt;
  }
  for (const protocol::Text& topic : subscription->topics) {
    member.topics.push_back(topic.str());
  }
  std::ranges::sort(member.topics);
  member.topics.erase(std::ranges::unique(member.topics).begin(), member.topics.end());
  if (subscription->rack_id) {
    member.rack_id = subscription->rack_id->str();
  }
  if (!classic.assignment.empty()) {
    const auto assignment = read_assignment(classic.assignment.view());
    if (!assignment) {
      return std::nullopt;
    }
    member.assigned = OwnedPartitions().with(by_id(assignment->assigned_partitions, image), group.generation());
  }
  member.epoch = group.generation();
  member.previous_epoch = group.generation();
  return member;
}

// The first name that all members know: what they are told until they have joined again.
std::string common_protocol(const ConsumerGroup& group) {
  const ClassicProtocols& first = *group.members().begin()->second->classic;
  for (const ClassicProtocols::Protocol& one : first.supported) {
    const auto knows = [&](const auto& entry) {
      const auto& supported = entry.second->classic->supported;
      return std::ranges::find(supported, one.name, &ClassicProtocols::Protocol::name) != supported.end();
    };
    if (std::ranges::all_of(group.members(), knows)) {
      return one.name;
    }
  }
  return first.supported.empty() ? std::string() : first.supported.front().name;
}

// Nothing changes for anybody but the member that has just joined.
bool can_go_on(const ConsumerGroup& group, std::optional<std::string_view> joined, std::string_view protocol) {
  return joined && group.state() == ConsumerGroup::State::Stable &&
         group.member(*joined)->classic->supported.front().name == protocol;
}

// Without a leader the group has to get together, also when it is read again after a restart.
machine::LogRecord classic_record(const ConsumerGroup& group, int32_t generation, std::string_view name,
                                  std::optional<std::string_view> leader, const metadata::MetadataImage& image,
                                  int64_t wall_ms) {
  ClassicGroupChange change;
  change.key.group = std::string_view(group.id());
  auto& value = change.value.emplace();
  value.protocol_type = "consumer";
  value.generation = generation;
  value.protocol = name;
  value.leader = leader ? std::optional(protocol::Text(*leader)) : std::nullopt;
  value.current_state_timestamp = wall_ms;
  for (const auto& [id, member] : group.members()) {
    auto& stored = value.members.emplace_back();
    stored.member_id = std::string_view(id);
    if (member->instance_id) {
      stored.group_instance_id = std::string_view(*member->instance_id);
    }
    stored.client_id = std::string_view(member->client_id);
    stored.client_host = std::string_view(member->client_host);
    stored.rebalance_timeout = static_cast<int32_t>(member->rebalance_timeout.count());
    stored.session_timeout = static_cast<int32_t>(member->classic->session_timeout.count());
    const auto& supported = member->classic->supported;
    const auto chosen = std::ranges::find(supported, name, &ClassicProtocols::Protocol::name);
    if (chosen != supported.end()) {
      stored.subscription = Blob(ByteView(chosen->metadata));
      // All that it still reads is its own: nobody else is to be given that.
      stored.assignment = Blob(write_assignment(member->read().partitions(), image, stated_version(chosen->metadata)));
    }
  }
  return encode_change(change);
}

}  // namespace

bool may_replace(const ClassicGroup* classic, const ConsumerOptions& options) {
  if (classic == nullptr || classic->is_empty()) {
    return true;
  }
  return options.may_upgrade() && classic->protocol_type() == "consumer" &&
         classic->members().size() <= static_cast<size_t>(options.size_max);
}

bool upgrade(const ClassicGroup& classic, ConsumerStep& step, std::vector<machine::LogRecord>& records) {
  std::vector<ConsumerMember> members;
  for (const auto& [id, member] : classic.members()) {
    std::optional<ConsumerMember> next = converted(member, classic, step.context().image);
    if (!next) {
      return false;
    }
    members.push_back(*std::move(next));
  }
  classic.add_tombstones(records);
  if (members.empty()) {
    return true;
  }
  step.begin_with(std::move(members), classic.generation());
  return true;
}

bool downgrade_if_all_classic(GroupPartition& partition, const ConsumerStep& step,
                              std::vector<machine::LogRecord>& records, const ConsumerOptions& options,
                              std::optional<std::string_view> joined) {
  const ConsumerGroup& group = step.group();
  const bool all_classic =
      std::ranges::all_of(group.members(), [](const auto& entry) { return entry.second->uses_classic_protocol(); });
  if (group.members().empty() || !all_classic || !options.may_downgrade() ||
      group.members().size() > static_cast<size_t>(partition.options().size_max)) {
    return false;
  }
  const runtime::Shard& shard = runtime::Shard::current();
  const Moment moment{.now = shard.now(), .wall_ms = shard.wall_now()};
  const ConsumerGroup* logged = step.known();
  ensure(logged != nullptr, "only a group that was there goes back");
  const std::string protocol = common_protocol(group);
  const bool goes_on = can_go_on(group, joined, protocol);
  const auto leader = goes_on ? std::optional<std::string_view>(group.members().begin()->first) : std::nullopt;
  // Members go on from the epoch they know, so that they are told to join again and not that they are unknown.
  machine::LogRecord record = classic_record(group, goes_on ? group.epoch() : logged->epoch(), protocol, leader,
                                             partition.image(), moment.wall_ms);
  Result<std::unique_ptr<ClassicGroup>> classic =
      ClassicGroup::revive(group.id(), *record.value, partition.options(), moment);
  ensure(classic.has_value(), "a group record that does not make a group");

  std::vector<machine::LogRecord> changed;
  logged->add_tombstones(changed);
  changed.push_back(std::move(record));
  if (!partition.fits(changed)) {
    return false;
  }
  records = std::move(changed);
  partition.consumer_sessions().forget(group.id());
  if (const auto due = (*classic)->next_deadline()) {
    partition.arm(group.id(), *due);
  }
  partition.adopt_classic(*std::move(classic));
  return true;
}

}  // namespace odradek::coordinator
