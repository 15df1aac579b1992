#include "coordinator/group/consumer_step.h"

#include <algorithm>
#include <map>

#include "base/ensure.h"
#include "coordinator/group/assignors/assignor.h"
#include "coordinator/group/reconcile.h"
#include "coordinator/group/topic_hash.h"

namespace odradek::coordinator {

namespace {

ConsumerTargetMemberChange target_change(std::string_view group, std::string_view member, const Assignment& target) {
  ConsumerTargetMemberChange change;
  change.key = {.group_id = group, .member_id = member};
  auto& value = change.value.emplace();
  for (const TopicPartitions& topic : target) {
    value.topic_partitions.push_back(
        {.topic_id = topic.topic.uuid(), .partitions = topic.partitions, .unknown_tags = {}});
  }
  return change;
}

}  // namespace

ConsumerStep::ConsumerStep(const ConsumerGroup* known, std::string_view group_id, const ConsumerContext& context)
    : known_(known), context_(context) {
  if (known == nullptr) {
    copy_.emplace(std::string(group_id));
  }
}

ConsumerGroup& ConsumerStep::writable() {
  if (!copy_) {
    copy_.emplace(*known_);
  }
  return *copy_;
}

// --- members ----------------------------------------------------------------------------------------------------

void ConsumerStep::put_metadata(const ConsumerMember& member) {
  const ConsumerMember* now = group().member(member.id);
  if (now == nullptr || !now->has_same_metadata(member)) {
    log(member.metadata_change(group().id()));
  }
}

void ConsumerStep::put_current(const ConsumerMember& member) {
  const ConsumerMember* now = group().member(member.id);
  if (now == nullptr || !now->has_same_assignment(member)) {
    log(member.current_change(group().id()));
  }
}

void ConsumerStep::begin_with(std::vector<ConsumerMember> members, int32_t epoch) {
  for (const ConsumerMember& member : members) {
    log(member.metadata_change(group().id()));
  }
  ConsumerGroupChange begun;
  begun.key = {.group_id = group().id()};
  begun.value.emplace().epoch = epoch;
  begun.value->metadata_hash = hash_topics();
  log(begun);
  for (const ConsumerMember& member : members) {
    log(target_change(group().id(), member.id, member.assigned.partitions()));
  }
  ConsumerTargetChange assigned;
  assigned.key = {.group_id = group().id()};
  assigned.value.emplace().assignment_epoch = epoch;
  log(assigned);
  for (const ConsumerMember& member : members) {
    log(member.current_change(group().id()));
  }
}

void ConsumerStep::remove_member(std::string_view member_id) {
  const std::string id(member_id);  // what it views may go with the member
  const std::string_view member = id;
  log(ConsumerCurrentChange{.key = {.group_id = group().id(), .member_id = member}, .value = {}});
  log(ConsumerTargetMemberChange{.key = {.group_id = group().id(), .member_id = member}, .value = {}});
  log(ConsumerMemberChange{.key = {.group_id = group().id(), .member_id = member}, .value = {}});
}

void ConsumerStep::replace_static(std::string_view old_id, const ConsumerMember& member) {
  const Assignment target = group().target(old_id);
  remove_member(old_id);
  log(member.metadata_change(group().id()));
  log(target_change(group().id(), member.id, target));
  log(member.current_change(group().id()));
}

// --- what the group reads ---------------------------------------------------------------------------------------

void ConsumerStep::refresh_regexes() {
  for (const std::string& regex : group().regexes_to_match(context_.may_match_otherwise())) {
    const std::vector<std::string>* topics = context_.matches == nullptr ? nullptr : context_.matches->find(regex);
    if (topics == nullptr) {
      lacks_matches_ = true;
      continue;
    }
    const auto known = group().regexes().find(regex);
    if (known != group().regexes().end() && known->second.topics == *topics) {
      continue;
    }
    ConsumerRegexChange change;
    change.key = {.group_id = std::string_view(group().id()), .regular_expression = std::string_view(regex)};
    auto& value = change.value.emplace();
    for (const std::string& topic : *topics) {
      value.topics.emplace_back(std::string_view(topic));
    }
    value.version = context_.matches->position;
    value.timestamp = context_.wall_ms;
    log(change);
  }
  std::vector<std::string> unused;
  for (const auto& [regex, resolved] : group().regexes()) {
    if (!group().is_regex_in_use(regex)) {
      unused.push_back(regex);
    }
  }
  for (const std::string& regex : unused) {
    log(ConsumerRegexChange{
        .key = {.group_id = std::string_view(group().id()), .regular_expression = std::string_view(regex)},
        .value = {}});
  }
}

int64_t ConsumerStep::hash_topics() const {
  std::map<std::string_view, int64_t> hashes;
  for (const std::string_view name : group().subscribed_topics()) {
    if (const metadata::TopicImage* topic = context_.image.topic(name)) {
      hashes.emplace(name, topic_hash(*topic, context_.image));
    }
  }
  return group_hash(hashes);
}

void ConsumerStep::bump_epoch(bool must) {
  const int64_t hash = hash_topics();
  if (!must && hash == group().metadata_hash()) {
    return;
  }
  ConsumerGroupChange change;
  change.key = {.group_id = std::string_view(group().id())};
  auto& value = change.value.emplace();
  value.epoch = group().epoch() + 1;
  value.metadata_hash = hash;
  log(change);
}

std::vector<TopicId> ConsumerStep::topic_ids_of(const ConsumerMember& member) const {
  std::vector<TopicId> result;
  for (const std::string_view name : group().topics_of(member)) {
    if (const metadata::TopicImage* topic = context_.image.topic(name)) {
      result.push_back(topic->id);
    }
  }
  std::ranges::sort(result);
  return result;
}

// --- who gets what ----------------------------------------------------------------------------------------------

void ConsumerStep::assign() {
  const ConsumerGroup& now = group();
  const int64_t since = context_.wall_ms - now.assignment_timestamp();
  const bool is_due = since < 0 || since >= context_.options.assignment_interval.count();
  if (now.epoch() <= now.assignment_epoch() || !is_due) {
    return;
  }
  AssignorInput input;
  for (const std::string_view name : now.subscribed_topics()) {
    if (const metadata::TopicImage* topic = context_.image.topic(name)) {
      input.topics.push_back({.id = topic->id, .partition_count = topic->partition_count()});
    }
  }
  std::ranges::sort(input.topics, {}, &AssignorTopic::id);

  // Mostly neighbours read the same.
  std::vector<std::vector<TopicId>> subscriptions;
  subscriptions.reserve(now.members().size());
  const ConsumerMember* previous = nullptr;
  for (const auto& [id, member] : now.members()) {
    if (previous == nullptr || previous->topics != member->topics || previous->regex != member->regex) {
      subscriptions.push_back(topic_ids_of(*member));
    }
    previous = member.get();
    input.members.push_back(
        {.id = id,
         .instance_id = member->instance_id ? std::optional<std::string_view>(*member->instance_id) : std::nullopt,
         .topics = subscriptions.back(),
         .current = &now.target(id)});
  }
  const Assignor preferred = find_assignor(now.preferred_assignor().value_or(context_.options.assignors.front()));
  const std::vector<Assignment> targets = (preferred != nullptr ? preferred : assign_uniform)(input);

  std::vector<ConsumerTargetMemberChange> changes;
  for (size_t i = 0; i < targets.size(); ++i) {
    const std::string_view id = input.members[i].id;
    if (!now.has_target(id) || now.target(id) != targets[i]) {
      changes.push_back(target_change(now.id(), id, targets[i]));
    }
  }
  // The ids in the changes are views of members, which the group shares with its copy.
  ConsumerTargetChange metadata;
  metadata.key = {.group_id = std::string_view(now.id())};
  auto& value = metadata.value.emplace();
  value.assignment_epoch = now.epoch();
  value.assignment_timestamp = context_.wall_ms;
  for (const ConsumerTargetMemberChange& change : changes) {
    log(change);
  }
  log(metadata);
}

const ConsumerMember& ConsumerStep::reconcile_member(std::string_view member_id,
                                                     const std::optional<Assignment>& owned) {
  const ConsumerMember* member = group().member(member_id);
  ensure(member != nullptr, "only a member is reconciled");
  const std::vector<TopicId> subscribed = topic_ids_of(*member);
  const ConsumerMember next = reconcile(*member, {.epoch = group().assignment_epoch(),
                                                  .target = group().target(member_id),
                                                  .subscribed = subscribed,
                                                  .owned = owned,
                                                  .owner_epoch = [this](TopicId topic, int32_t partition) {
                                                    return group().owner_epoch(topic, partition);
                                                  }});
  put_current(next);
  return *group().member(member_id);
}

}  // namespace odradek::coordinator
