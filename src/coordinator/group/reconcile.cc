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

Assignment free_ones(const Assignment& wanted, const ReconcileTo& to) {
  Assignment result;
  for (const TopicPartitions& topic : wanted) {
    TopicPartitions free{.topic = topic.topic, .partitions = {}};
    std::ranges::copy_if(topic.partitions, std::back_inserter(free.partitions),
                         [&](int32_t partition) { return to.owner_epoch(topic.topic, partition) == -1; });
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
  const Assignment free = free_ones(wanted, to);
  next.enter(to.epoch);
  next.state = free == wanted ? State::Stable : State::UnreleasedPartitions;
  next.assigned = kept.with(free, to.epoch);
  next.pending_revocation = {};
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
        return member;
      }
      // One epoch on: the member may reconcile towards any later target now.
      return step(member, std::min(member.epoch + 1, to.epoch), to);
    case State::UnreleasedPartitions: return step(member, member.epoch, to);
    case State::Unknown:
      // It holds nothing (the caller has seen to that), so it can begin anew.
      return step(member, to.epoch, to);
  }
  unreachable();
}

}  // namespace odradek::coordinator
