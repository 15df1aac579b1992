#include "coordinator/group/consumer_group.h"

#include <algorithm>

#include "base/ensure.h"

namespace odradek::coordinator {

using protocol::ErrorCode;

namespace {

template <typename Range>
void make_set(Range& names) {
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
}

}  // namespace

// --- what it is -------------------------------------------------------------------------------------------------

ConsumerGroup::State ConsumerGroup::state() const {
  if (members_.empty()) {
    return State::Empty;
  }
  if (epoch_ > assignment_epoch_) {
    return State::Assigning;
  }
  const auto is_behind = [this](const auto& entry) {
    const ConsumerMember& member = *entry.second;
    return member.state != ConsumerMember::State::Stable || member.epoch != assignment_epoch_;
  };
  return std::ranges::any_of(members_, is_behind) ? State::Reconciling : State::Stable;
}

std::string_view ConsumerGroup::state_name() const {
  switch (state()) {
    case State::Empty: return "Empty";
    case State::Assigning: return "Assigning";
    case State::Reconciling: return "Reconciling";
    case State::Stable: return "Stable";
  }
  unreachable();
}

const ConsumerMember* ConsumerGroup::member(std::string_view member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : found->second.get();
}

const ConsumerMember* ConsumerGroup::static_member(std::string_view instance_id) const {
  const auto found = static_ids_.find(instance_id);
  return found == static_ids_.end() ? nullptr : member(found->second);
}

const Assignment& ConsumerGroup::target(std::string_view member_id) const {
  static const Assignment none;
  const auto found = targets_.find(member_id);
  return found == targets_.end() ? none : *found->second;
}

int32_t ConsumerGroup::owner_epoch(TopicId topic, int32_t partition) const {
  const auto found = owner_epochs_.find({topic, PartitionIndex{partition}});
  return found == owner_epochs_.end() ? -1 : found->second;
}

std::vector<std::string_view> ConsumerGroup::topics_of(const ConsumerMember& member) const {
  std::vector<std::string_view> result(member.topics.begin(), member.topics.end());
  const auto regex = regexes_.find(member.regex);
  if (!member.regex.empty() && regex != regexes_.end()) {
    result.insert(result.end(), regex->second.topics.begin(), regex->second.topics.end());
    make_set(result);
  }
  return result;
}

std::vector<std::string_view> ConsumerGroup::subscribed_topics() const {
  std::vector<std::string_view> result;
  const ConsumerMember* previous = nullptr;
  for (const auto& [id, member] : members_) {
    // Mostly all subscribe to the same.
    if (previous == nullptr || previous->topics != member->topics || previous->regex != member->regex) {
      const std::vector<std::string_view> topics = topics_of(*member);
      result.insert(result.end(), topics.begin(), topics.end());
    }
    previous = member.get();
  }
  make_set(result);
  return result;
}

std::vector<std::string> ConsumerGroup::regexes_to_match(bool all) const {
  std::vector<std::string> result;
  const ConsumerMember* previous = nullptr;
  for (const auto& [id, member] : members_) {
    const bool is_repeated = previous != nullptr && previous->regex == member->regex;
    previous = member.get();
    if (!is_repeated && !member->regex.empty() && (all || !regexes_.contains(member->regex))) {
      result.push_back(member->regex);
    }
  }
  make_set(result);
  return result;
}

bool ConsumerGroup::is_regex_in_use(std::string_view regex) const {
  return std::ranges::any_of(members_, [&](const auto& entry) { return entry.second->regex == regex; });
}

std::optional<std::string_view> ConsumerGroup::preferred_assignor() const {
  std::map<std::string_view, size_t> votes;
  for (const auto& [id, member] : members_) {
    if (member->assignor) {
      ++votes[*member->assignor];
    }
  }
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() ? std::nullopt : std::optional(most->first);
}

bool ConsumerGroup::is_all_classic_without(std::string_view member_id) const {
  size_t classic = 0;
  for (const auto& [id, member] : members_) {
    if (id == member_id) {
      continue;
    }
    if (!member->uses_classic_protocol()) {
      return false;
    }
    ++classic;
  }
  return classic > 0;
}

// --- offsets and administration ---------------------------------------------------------------------------------

ErrorCode ConsumerGroup::check_commit(const Committer& committer) const {
  if (committer.generation_or_epoch < 0 && members_.empty()) {
    return ErrorCode::None;
  }
  const ConsumerMember* found = member(committer.member_id);
  if (found == nullptr) {
    return ErrorCode::UnknownMemberId;
  }
  if (found->uses_classic_protocol()) {
    const bool is_one = committer.generation_or_epoch >= 0 && committer.generation_or_epoch <= found->epoch;
    return is_one ? ErrorCode::None : ErrorCode::IllegalGeneration;
  }
  // Before version 9 nobody knew of member epochs.
  if (committer.api_version < 9) {
    return ErrorCode::UnsupportedVersion;
  }
  return committer.generation_or_epoch <= found->epoch ? ErrorCode::None : ErrorCode::StaleMemberEpoch;
}

ErrorCode ConsumerGroup::check_commit_of(const Committer& committer, TopicId topic, int32_t partition) const {
  const ConsumerMember* found = member(committer.member_id);
  if (found == nullptr || found->epoch == committer.generation_or_epoch) {
    return ErrorCode::None;
  }
  std::optional<int32_t> given = found->assigned.epoch_of(topic, partition);
  if (!given) {
    given = found->pending_revocation.epoch_of(topic, partition);
  }
  if (given && *given <= committer.generation_or_epoch) {
    return ErrorCode::None;
  }
  return found->uses_classic_protocol() ? ErrorCode::IllegalGeneration : ErrorCode::StaleMemberEpoch;
}

ErrorCode ConsumerGroup::check_fetch(std::optional<std::string_view> member_id, int32_t member_epoch) const {
  if (!member_id && member_epoch < 0) {
    return ErrorCode::None;
  }
  const ConsumerMember* found = member(member_id.value_or(""));
  if (found == nullptr) {
    return ErrorCode::UnknownMemberId;
  }
  if (found->epoch == member_epoch) {
    return ErrorCode::None;
  }
  return found->uses_classic_protocol() ? ErrorCode::IllegalGeneration : ErrorCode::StaleMemberEpoch;
}

bool ConsumerGroup::is_subscribed_to(std::string_view topic) const {
  return std::ranges::any_of(members_, [&](const auto& entry) {
    const ConsumerMember& member = *entry.second;
    if (std::ranges::binary_search(member.topics, topic)) {
      return true;
    }
    const auto regex = regexes_.find(member.regex);
    return !member.regex.empty() && regex != regexes_.end() && std::ranges::binary_search(regex->second.topics, topic);
  });
}

OffsetExpiry ConsumerGroup::offset_expiry() const { return {.from = OffsetExpiry::From::Commit}; }

void ConsumerGroup::add_tombstones(std::vector<machine::LogRecord>& records) const {
  const std::string_view group = id_;
  for (const auto& [member, known] : members_) {
    records.push_back(tombstone<ConsumerCurrentChange>({.group_id = group, .member_id = std::string_view(member)}));
  }
  for (const auto& [member, known] : targets_) {
    records.push_back(
        tombstone<ConsumerTargetMemberChange>({.group_id = group, .member_id = std::string_view(member)}));
  }
  records.push_back(tombstone<ConsumerTargetChange>({.group_id = group}));
  for (const auto& [member, known] : members_) {
    records.push_back(tombstone<ConsumerMemberChange>({.group_id = group, .member_id = std::string_view(member)}));
  }
  for (const auto& [regex, known] : regexes_) {
    records.push_back(
        tombstone<ConsumerRegexChange>({.group_id = group, .regular_expression = std::string_view(regex)}));
  }
  // Written by Kafka before 4.1; never by us.
  records.push_back(tombstone<ConsumerPartitionsChange>({.group_id = group}));
  records.push_back(tombstone<ConsumerGroupChange>({.group_id = group}));
}

// --- replaying --------------------------------------------------------------------------------------------------

void ConsumerGroup::replay(const ConsumerGroupChange& change) {
  has_epoch_record_ = change.value.has_value();
  epoch_ = change.value ? change.value->epoch : 1;
  metadata_hash_ = change.value ? change.value->metadata_hash : 0;
}

void ConsumerGroup::replay(const ConsumerPartitionsChange&) {}  // Kafka stopped writing them

void ConsumerGroup::replay(const ConsumerMemberChange& change) {
  const std::string_view id = change.key.member_id.view();
  const ConsumerMember* known = member(id);
  if (change.value) {
    ConsumerMember next = known == nullptr ? ConsumerMember{} : *known;
    next.id = std::string(id);
    next.replay(*change.value);
    put(std::move(next));
  } else if (known != nullptr) {
    release(*known);
    if (known->instance_id) {
      const auto owner = static_ids_.find(*known->instance_id);
      if (owner != static_ids_.end() && owner->second == id) {
        static_ids_.erase(owner);
      }
    }
    members_.erase(members_.find(id));
  }
}

void ConsumerGroup::replay(const ConsumerTargetChange& change) {
  assignment_epoch_ = change.value ? change.value->assignment_epoch : 1;
  assignment_timestamp_ = change.value ? change.value->assignment_timestamp : 0;
}

void ConsumerGroup::replay(const ConsumerTargetMemberChange& change) {
  if (!change.value) {
    targets_.erase(change.key.member_id.str());
    return;
  }
  Assignment target;
  for (const auto& topic : change.value->topic_partitions) {
    target.push_back({.topic = TopicId(topic.topic_id), .partitions = topic.partitions});
  }
  targets_.insert_or_assign(change.key.member_id.str(),
                            std::make_shared<const Assignment>(normalized(std::move(target))));
}

void ConsumerGroup::replay(const ConsumerCurrentChange& change) {
  const ConsumerMember* known = member(change.key.member_id.view());
  if (known == nullptr && !change.value) {
    return;
  }
  ConsumerMember next = known == nullptr ? ConsumerMember{} : *known;
  next.id = change.key.member_id.str();
  // Without a record a member is one that is about to join.
  next.replay(change.value ? *change.value : ConsumerCurrentChange::Value{});
  put(std::move(next));
}

void ConsumerGroup::replay(const ConsumerRegexChange& change) {
  if (!change.value) {
    regexes_.erase(change.key.regular_expression.str());
    return;
  }
  ResolvedRegex resolved{.topics = {}, .version = change.value->version, .timestamp = change.value->timestamp};
  for (const protocol::Text& topic : change.value->topics) {
    resolved.topics.push_back(topic.str());
  }
  make_set(resolved.topics);
  regexes_.insert_or_assign(change.key.regular_expression.str(), std::move(resolved));
}

void ConsumerGroup::put(ConsumerMember next) {
  if (const ConsumerMember* known = member(next.id)) {
    release(*known);
  }
  hold(next);
  if (next.instance_id) {
    static_ids_.insert_or_assign(*next.instance_id, next.id);
  }
  std::string key = next.id;
  members_.insert_or_assign(std::move(key), std::make_shared<const ConsumerMember>(std::move(next)));
}

// A partition that another member has taken over meanwhile stays that member's.
void ConsumerGroup::release(const ConsumerMember& member) {
  const auto free = [&](TopicId topic, int32_t partition, int32_t) {
    const auto found = owner_epochs_.find({topic, PartitionIndex{partition}});
    if (found != owner_epochs_.end() && found->second == member.epoch) {
      owner_epochs_.erase(found);
    }
  };
  member.assigned.for_each(free);
  member.pending_revocation.for_each(free);
}

void ConsumerGroup::hold(const ConsumerMember& member) {
  const auto take = [&](TopicId topic, int32_t partition, int32_t) {
    owner_epochs_.insert_or_assign({topic, PartitionIndex{partition}}, member.epoch);
  };
  member.assigned.for_each(take);
  member.pending_revocation.for_each(take);
}

}  // namespace odradek::coordinator
