#include "coordinator/group/reconcile.h"

#include <algorithm>
#include <iterator>

#include "base/ensure.h"

namespace odradek::coordinator {

namespace {

using State = ConsumerMember::State;

bool still_owns(const std::optional<Assignment>& owned, const OwnedPartitions& some) {
  return !owned || !intersection(*owned, some.partitions()).empty();
}

bool reads(const ReconcileTo& to, const TopicPartitions& topic) {
  return std::ranges::binary_search(to.subscribed, topic.topic);
}

Assignment readable_target(const ReconcileTo& to) {
  Assignment result;
  std::ranges::copy_if(to.target, std::back_inserter(result), [&](const auto& topic) { return reads(to, topic); });
  return result;
}

// What nobody holds, or the member itself has just given up.
Assignment free_ones(const Assignment& wanted, const OwnedPartitions& given_up, const ReconcileTo& to) {
  Assignment result;
  for (const TopicPartitions& topic : wanted) {
    TopicPartitions free{.topic = topic.topic, .partitions = {}};
    std::ranges::copy_if(topic.partitions, std::back_inserter(free.partitions), [&](int32_t partition) {
      return to.owner_epoch(topic.topic, partition) == -1 || given_up.epoch_of(topic.topic, partition).has_value();
    });
    if (!free.partitions.empty()) {
      result.push_back(std::move(free));
    }
  }
  return result;
}

// The next step from `epoch`, which the member has come to or is allowed to come to.
ConsumerMember step(const ConsumerMember& member, int32_t epoch, const ReconcileTo& to) {
  const Assignment target = readable_target(to);
  const OwnedPartitions kept = member.assigned.only(target);
  const OwnedPartitions lost = member.assigned.only(difference(member.assigned.partitions(), target));

  ConsumerMember next = member;
  if (!lost.empty() && still_owns(to.owned, lost)) {
    next.enter(epoch);
    next.state = State::UnrevokedPartitions;
    next.assigned = kept;
    next.pending_revocation = lost;
    return next;
  }
  const Assignment wanted = difference(target, kept.partitions());
  const Assignment free = free_ones(wanted, member.pending_revocation, to);
  next.enter(to.epoch);
  next.state = free == wanted ? State::Stable : State::UnreleasedPartitions;
  next.assigned = kept.with(free, to.epoch);
  next.pending_revocation = {};
  return next;
}

// A member that still gives up partitions and has unsubscribed meanwhile: it has to give up more, in its epoch.
ConsumerMember without_unread(const ConsumerMember& member, const ReconcileTo& to) {
  Assignment read;
  std::ranges::copy_if(member.assigned.partitions(), std::back_inserter(read),
                       [&](const auto& topic) { return reads(to, topic); });
  if (read == member.assigned.partitions()) {
    return member;
  }
  ConsumerMember next = member;
  next.enter(member.epoch);
  next.assigned = member.assigned.only(read);
  const OwnedPartitions unread = member.assigned.only(difference(member.assigned.partitions(), read));
  next.pending_revocation = member.pending_revocation.with(unread);
  return next;
}

}  // namespace

ConsumerMember reconcile(const ConsumerMember& member, const ReconcileTo& to) {
  switch (member.state) {
    case State::Stable:
      if (member.epoch == to.epoch &&
          std::ranges::all_of(member.assigned.partitions(), [&](const auto& topic) { return reads(to, topic); })) {
        return member;
      }
      return step(member, member.epoch, to);
    case State::UnrevokedPartitions:
      if (still_owns(to.owned, member.pending_revocation)) {
        return without_unread(member, to);
      }
      // There may be a later target meanwhile, and more to give up: the member stays in its epoch until it has.
      return step(member, member.epoch, to);
    case State::UnreleasedPartitions: return step(member, member.epoch, to);
    case State::Unknown:
      // It holds nothing (the caller has seen to that), so it can begin anew.
      return step(member, to.epoch, to);
  }
  unreachable();
}

}  // namespace odradek::coordinator
