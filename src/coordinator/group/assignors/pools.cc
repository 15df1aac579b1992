#include "coordinator/group/assignors/pools.h"

#include <algorithm>
#include <map>

namespace odradek::coordinator {

namespace {

using Members = std::vector<uint32_t>;

std::vector<Members> subscribers_by_topic(const AssignorInput& input) {
  std::vector<Members> result(input.topics.size());
  for (uint32_t member = 0; member < input.members.size(); ++member) {
    for_each_topic(input, input.members[member], [&](size_t topic) { result[topic].push_back(member); });
  }
  return result;
}

std::vector<uint32_t> previous_owners(const AssignorInput& input, const std::vector<Members>& subscribers) {
  std::vector<size_t> first;
  size_t total = 0;
  for (const AssignorTopic& topic : input.topics) {
    first.push_back(total);
    total += static_cast<size_t>(topic.partition_count);
  }
  std::vector<uint32_t> owners(total, nobody);
  for (uint32_t member = 0; member < input.members.size(); ++member) {
    if (input.members[member].current == nullptr) {
      continue;
    }
    for (const TopicPartitions& held : *input.members[member].current) {
      const auto place = std::ranges::lower_bound(input.topics, held.topic, {}, &AssignorTopic::id);
      if (place == input.topics.end() || place->id != held.topic) {
        continue;
      }
      const auto topic = static_cast<size_t>(place - input.topics.begin());
      if (!std::ranges::binary_search(subscribers[topic], member)) {
        continue;
      }
      for (const int32_t partition : held.partitions) {
        if (partition >= 0 && partition < place->partition_count) {
          uint32_t& owner = owners[first[topic] + static_cast<size_t>(partition)];
          owner = owner == nobody ? member : owner;
        }
      }
    }
  }
  return owners;
}

// What comes later can still even out what came first.
bool is_filled_before(const Pool& a, const Pool& b) {
  const auto a_members = static_cast<int64_t>(a.shares.size());
  const auto b_members = static_cast<int64_t>(b.shares.size());
  const int64_t a_weight = a.partition_count * b_members;
  const int64_t b_weight = b.partition_count * a_members;
  if (a_weight != b_weight) {
    return a_weight > b_weight;
  }
  return a_members != b_members ? a_members < b_members : a.topics.front() < b.topics.front();
}

}  // namespace

Pools divide_into_pools(const AssignorInput& input) {
  const std::vector<Members> subscribers = subscribers_by_topic(input);
  Pools result;
  result.held_by = previous_owners(input, subscribers);
  result.load.resize(input.members.size());

  std::map<Members, Pool> pools;
  size_t next = 0;  // in held_by
  for (size_t topic = 0; topic < subscribers.size(); ++topic) {
    const auto count = static_cast<size_t>(input.topics[topic].partition_count);
    const size_t first = std::exchange(next, next + count);
    if (subscribers[topic].empty()) {
      continue;
    }
    Pool& pool = pools[subscribers[topic]];
    if (pool.topics.empty()) {
      for (const uint32_t member : subscribers[topic]) {
        pool.shares.push_back({.member = member});
      }
    }
    pool.topics.push_back(topic);
    pool.partition_count += static_cast<int64_t>(count);
    for (size_t i = first; i < next; ++i) {
      if (result.held_by[i] != nobody) {
        Pool::Share& share = *std::ranges::lower_bound(pool.shares, result.held_by[i], {}, &Pool::Share::member);
        ++share.held;
        ++share.have;
        ++result.load[share.member];
      }
    }
  }
  for (auto& [members, pool] : pools) {
    result.pools.push_back(std::move(pool));
  }
  std::ranges::sort(result.pools, is_filled_before);
  return result;
}

}  // namespace odradek::coordinator
