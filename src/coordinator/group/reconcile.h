// Brings one member of a consumer group nearer to its target (KIP-848): it gives up what it shall no longer have, and
// is given what is free, partition by partition. No partition is given before its last owner has let it go.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "coordinator/group/consumer_member.h"

namespace odradek::coordinator {

struct ReconcileTo {
  int32_t epoch = 0;                       // of the target
  const Assignment& target;                // the member's
  const std::vector<TopicId>& subscribed;  // ascending; what the member does not read it does not keep
  const std::optional<Assignment>& owned;  // what the member says it has; nothing: it does not say
  // The epoch of whoever holds a partition or has still to let it go; -1: it is free.
  std::function<int32_t(TopicId topic, int32_t partition)> owner_epoch;
};

// The member as it is next; the same when it can get no further now. Its state must be known.
[[nodiscard]] ConsumerMember reconcile(const ConsumerMember& member, const ReconcileTo& to);

}  // namespace odradek::coordinator
