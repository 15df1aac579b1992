// Who of a group's members gets which partitions (KIP-848's server side assignors).
//
// Pure. Neither assignor looks at racks: nor do Kafka 4.3's of these names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "coordinator/group/assignment.h"
#include "model/ids.h"

namespace odradek::coordinator {

struct AssignorTopic {
  TopicId id;
  int32_t partition_count = 0;
};

// Views, valid during the call.
struct AssignorMember {
  std::string_view id;
  std::optional<std::string_view> instance_id;
  std::span<const TopicId> topics;      // subscribed to, ascending; those that AssignorInput lacks are passed over
  const Assignment* current = nullptr;  // its target so far
};

struct AssignorInput {
  std::vector<AssignorTopic> topics;    // ascending by id
  std::vector<AssignorMember> members;  // ascending by id
};

// visit(place in input.topics) for what the member is subscribed to, ascending.
template <typename Visit>
void for_each_topic(const AssignorInput& input, const AssignorMember& member, const Visit& visit) {
  for (const TopicId id : member.topics) {
    const auto place = std::ranges::lower_bound(input.topics, id, {}, &AssignorTopic::id);
    if (place != input.topics.end() && place->id == id) {
      visit(static_cast<size_t>(place - input.topics.begin()));
    }
  }
}

// The members' new targets, in their order.
using Assignor = std::vector<Assignment> (*)(const AssignorInput& input);

// Sticky and balanced over all topics: the members' counts are as even as their subscriptions allow, and no partition
// moves that need not. With equal subscriptions the counts differ by one at most.
[[nodiscard]] std::vector<Assignment> assign_uniform(const AssignorInput& input);

// Every topic for itself: an unbroken range for each subscriber, static members first (by instance id), then the
// others (by member id). Topics with as many partitions and the same subscribers are divided alike.
[[nodiscard]] std::vector<Assignment> assign_range(const AssignorInput& input);

// By its name in requests and in group.consumer.assignors; null for an unknown name.
[[nodiscard]] Assignor find_assignor(std::string_view name);

}  // namespace odradek::coordinator
