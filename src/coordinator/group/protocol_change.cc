#include "coordinator/group/protocol_change.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/ensure.h"
#include "coordinator/group/consumer_protocol.h"
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
    // What an assignor of the client's own says in there would be lost.
    if (!assignment || (assignment->user_data && !assignment->user_data->empty())) {
      return std::nullopt;
    }
    member.assigned = OwnedPartitions().with(by_id(assignment->assigned_partitions, image), group.generation());
  }
  member.epoch = group.generation();
  member.previous_epoch = group.generation();
  return member;
}

ClassicMember as_classic(const ConsumerMember& member) {
  ClassicMember classic;
  classic.id = member.id;
  classic.instance_id = member.instance_id;
  classic.client_id = member.client_id;
  classic.client_host = member.client_host;
  classic.rebalance_timeout = member.rebalance_timeout;
  classic.session_timeout = member.classic->session_timeout;
  for (const ClassicProtocols::Protocol& one : member.classic->supported) {
    classic.protocols.push_back({.name = one.name, .metadata = Blob(Bytes(one.metadata))});
  }
  return classic;
}

// The members speak the classic protocol, all of them.
std::unique_ptr<ClassicGroup> as_classic(const ConsumerGroup& group, int32_t generation, const GroupOptions& options,
                                         const metadata::MetadataImage& image, Moment moment) {
  std::vector<ClassicMember> members;
  for (const auto& [id, member] : group.members()) {
    members.push_back(as_classic(*member));
  }
  auto classic = ClassicGroup::of_members(group.id(), std::move(members), generation, options, moment);
  for (const auto& [id, member] : classic->members()) {
    if (const auto* chosen = member.protocol(classic->protocol_name().value_or(""))) {
      // All that it still reads is its own: nobody else is to be given that.
      const Assignment read = group.member(id)->read().partitions();
      classic->set_assignment(id, Blob(write_assignment(read, image, stated_version(chosen->metadata.view()))));
    }
  }
  return classic;
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
  // Nothing changes for anybody but the member that has just joined.
  const bool goes_on = joined && group.state() == ConsumerGroup::State::Stable;
  // Members go on from the epoch they know, so that they are told to join again and not that they are unknown.
  std::unique_ptr<ClassicGroup> classic =
      as_classic(group, goes_on ? group.epoch() : logged->epoch(), partition.options(), partition.image(), moment);
  if (goes_on) {
    classic->leads(group.members().begin()->first);
  }
  std::vector<machine::LogRecord> changed;
  logged->add_tombstones(changed);
  changed.push_back(classic->record());
  if (!partition.fits(changed)) {
    return false;
  }
  records = std::move(changed);
  if (!goes_on) {
    classic->gather(moment);
  }
  partition.consumer_sessions().forget(group.id());
  if (const auto due = classic->next_deadline()) {
    partition.arm(group.id(), *due);
  }
  partition.adopt_classic(std::move(classic));
  return true;
}

}  // namespace odradek::coordinator
