#include <algorithm>
#include <numeric>

#include "coordinator/group/assignors/assignor.h"

namespace odradek::coordinator {

namespace {

// What is left of one topic while the members take their turns.
struct Division {
  int32_t subscribers = 0;
  int32_t next = 0;           // first partition not yet given away
  int32_t with_one_more = 0;  // subscribers still to come that get one above the even share
};

bool comes_first(const AssignorMember& a, const AssignorMember& b) {
  if (a.instance_id && b.instance_id) {
    return *a.instance_id < *b.instance_id;
  }
  if (a.instance_id || b.instance_id) {
    return a.instance_id.has_value();
  }
  return a.id < b.id;
}

}  // namespace

std::vector<Assignment> assign_range(const AssignorInput& input) {
  std::vector<Division> divisions(input.topics.size());
  for (const AssignorMember& member : input.members) {
    for_each_topic(input, member, [&](size_t topic) { ++divisions[topic].subscribers; });
  }
  for (size_t topic = 0; topic < divisions.size(); ++topic) {
    if (divisions[topic].subscribers > 0) {
      divisions[topic].with_one_more = input.topics[topic].partition_count % divisions[topic].subscribers;
    }
  }

  std::vector<size_t> order(input.members.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) { return comes_first(input.members[a], input.members[b]); });

  std::vector<Assignment> targets(input.members.size());
  for (const size_t member : order) {
    for_each_topic(input, input.members[member], [&](size_t topic) {
      Division& division = divisions[topic];
      int32_t share = input.topics[topic].partition_count / division.subscribers;
      if (division.with_one_more > 0) {
        --division.with_one_more;
        ++share;
      }
      if (share > 0) {
        std::vector<int32_t> range(static_cast<size_t>(share));
        std::iota(range.begin(), range.end(), division.next);
        division.next += share;
        targets[member].push_back({.topic = input.topics[topic].id, .partitions = std::move(range)});
      }
    });
  }
  return targets;
}

Assignor find_assignor(std::string_view name) {
  if (name == "uniform") {
    return assign_uniform;
  }
  if (name == "range") {
    return assign_range;
  }
  return nullptr;
}

}  // namespace odradek::coordinator
