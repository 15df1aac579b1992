#include <algorithm>
#include <queue>

#include "coordinator/group/assignors/pools.h"

namespace odradek::coordinator {

namespace {

// Subscriptions that overlap without being equal may take several rounds; each about halves what is uneven.
constexpr int rounds_max = 16;

// A share and its member's load when it was queued: out of date when the load has changed since.
struct Queued {
  int64_t load;
  size_t share;
  friend auto operator<=>(const Queued&, const Queued&) = default;
};
using LeastFirst = std::priority_queue<Queued, std::vector<Queued>, std::greater<>>;
using MostFirst = std::priority_queue<Queued>;

class Levelling {
 public:
  explicit Levelling(const AssignorInput& input) : input_(input), pools_(divide_into_pools(input)) {}

  std::vector<Assignment> run() {
    for (Pool& pool : pools_.pools) {
      fill(pool);
    }
    bool moved = true;
    for (int round = 0; moved && round < rounds_max; ++round) {
      moved = false;
      for (Pool& pool : pools_.pools) {
        moved = level(pool) || moved;
      }
    }
    refine(pools_);
    return targets();
  }

 private:
  void fill(Pool& pool);
  bool level(Pool& pool);
  void give_out(Pool& pool, std::vector<uint32_t>& owners) const;
  [[nodiscard]] std::vector<Assignment> targets();

  [[nodiscard]] int64_t& load(const Pool& pool, size_t share) { return pools_.load[pool.shares[share].member]; }

  template <typename Queue>
  [[nodiscard]] size_t front(Queue& queue, const Pool& pool) {
    while (queue.top().load != load(pool, queue.top().share)) {
      const size_t share = queue.top().share;
      queue.pop();
      queue.push({.load = load(pool, share), .share = share});
    }
    return queue.top().share;
  }

  const AssignorInput& input_;
  Pools pools_;
};

// What nobody holds goes to whoever has least.
void Levelling::fill(Pool& pool) {
  int64_t left = pool.partition_count;
  LeastFirst takers;
  for (size_t share = 0; share < pool.shares.size(); ++share) {
    left -= pool.shares[share].have;
    takers.push({.load = load(pool, share), .share = share});
  }
  for (; left > 0; --left) {
    const size_t taker = front(takers, pool);
    ++pool.shares[taker].have;
    ++load(pool, taker);
  }
}

// Moves partitions of the pool from whoever has most to whoever has least. Says whether any moved.
bool Levelling::level(Pool& pool) {
  MostFirst givers;
  LeastFirst takers;
  for (size_t share = 0; share < pool.shares.size(); ++share) {
    takers.push({.load = load(pool, share), .share = share});
    if (pool.shares[share].have > 0) {
      givers.push({.load = load(pool, share), .share = share});
    }
  }
  bool moved = false;
  while (!givers.empty()) {
    const size_t giver = front(givers, pool);
    const size_t taker = front(takers, pool);
    if (load(pool, giver) - load(pool, taker) <= 1) {
      break;
    }
    if (--pool.shares[giver].have == 0) {
      givers.pop();
    }
    ++pool.shares[taker].have;
    --load(pool, giver);
    ++load(pool, taker);
    moved = true;
  }
  return moved;
}

// Counts become partitions again: everybody keeps of its own what it may, the rest goes round among those who lack.
void Levelling::give_out(Pool& pool, std::vector<uint32_t>& owners) const {
  size_t next = 0;
  for (uint32_t& owner : owners) {
    if (owner != nobody) {
      Pool::Share& share = *std::ranges::lower_bound(pool.shares, owner, {}, &Pool::Share::member);
      if (share.have > 0) {
        --share.have;
      } else {
        owner = nobody;
      }
    }
  }
  for (uint32_t& owner : owners) {
    if (owner == nobody) {
      while (pool.shares[next].have == 0) {
        next = (next + 1) % pool.shares.size();
      }
      --pool.shares[next].have;
      owner = pool.shares[next].member;
      next = (next + 1) % pool.shares.size();
    }
  }
}

std::vector<Assignment> Levelling::targets() {
  std::vector<size_t> first;
  size_t total = 0;
  for (const AssignorTopic& topic : input_.topics) {
    first.push_back(total);
    total += static_cast<size_t>(topic.partition_count);
  }
  for (Pool& pool : pools_.pools) {
    std::vector<uint32_t> owners;
    for (const size_t topic : pool.topics) {
      const auto begin = pools_.held_by.begin() + static_cast<ptrdiff_t>(first[topic]);
      owners.insert(owners.end(), begin, begin + input_.topics[topic].partition_count);
    }
    give_out(pool, owners);
    auto next = owners.begin();
    for (const size_t topic : pool.topics) {
      const auto count = input_.topics[topic].partition_count;
      std::copy(next, next + count, pools_.held_by.begin() + static_cast<ptrdiff_t>(first[topic]));
      next += count;
    }
  }
  std::vector<Assignment> result(input_.members.size());
  for (size_t topic = 0; topic < input_.topics.size(); ++topic) {
    for (int32_t partition = 0; partition < input_.topics[topic].partition_count; ++partition) {
      const uint32_t owner = pools_.held_by[first[topic] + static_cast<size_t>(partition)];
      if (owner == nobody) {
        continue;
      }
      Assignment& target = result[owner];
      if (target.empty() || target.back().topic != input_.topics[topic].id) {
        target.push_back({.topic = input_.topics[topic].id, .partitions = {}});
      }
      target.back().partitions.push_back(partition);
    }
  }
  return result;
}

}  // namespace

std::vector<Assignment> assign_uniform(const AssignorInput& input) { return Levelling(input).run(); }

}  // namespace odradek::coordinator
