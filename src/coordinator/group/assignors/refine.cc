// Cancels negative cycles in the flow pools -> members -> sink. One more partition from a pool to a member costs one
// if the member did not hold it before; one more partition in a member's hands costs more the more it has, and more
// than all moves together. A cycle of negative cost is a chain of exchanges that makes things better.
#include <algorithm>

#include "coordinator/group/assignors/pools.h"

namespace odradek::coordinator {

namespace {

// Looking at one share, in one direction. Enough for hundreds of members with overlapping subscriptions; large groups
// are as even as single moves make them.
constexpr int64_t work_max = 20'000'000;

class Refinement {
 public:
  explicit Refinement(Pools& pools)
      : pools_(pools), first_pool_(1 + pools.load.size()), nodes_(first_pool_ + pools.pools.size()) {
    for (const Pool& pool : pools.pools) {
      partitions_ += pool.partition_count;
      shares_ += static_cast<int64_t>(pool.shares.size());
    }
  }

  void run() {
    while (find_cycle()) {
      cancel();
    }
  }

 private:
  static constexpr size_t sink = 0;
  static constexpr size_t none = ~size_t{0};

  struct Step {  // how the cheapest way came to a node
    size_t from = none;
    Pool::Share* share = nullptr;  // null: between a member and the sink
  };

  [[nodiscard]] static size_t node_of(uint32_t member) { return 1 + size_t{member}; }

  bool find_cycle();
  void relax_all();
  void relax(size_t from, size_t to, int64_t cost, Pool::Share* share);
  bool cycle_exists();
  void cancel();

  Pools& pools_;
  size_t first_pool_;
  size_t nodes_;
  int64_t partitions_ = 0;
  int64_t shares_ = 0;
  int64_t work_ = 0;
  bool changed_ = false;
  std::vector<int64_t> distance_;
  std::vector<Step> steps_;
  size_t on_cycle_ = none;
};

bool Refinement::find_cycle() {
  distance_.assign(nodes_, 0);
  steps_.assign(nodes_, {});
  for (size_t pass = 0; pass < nodes_; ++pass) {
    work_ += shares_;
    if (work_ > work_max) {
      return false;
    }
    changed_ = false;
    relax_all();
    if (!changed_) {
      return false;
    }
    if (cycle_exists()) {
      return true;
    }
  }
  return false;
}

void Refinement::relax_all() {
  const int64_t weight = partitions_ + 1;
  for (uint32_t member = 0; member < pools_.load.size(); ++member) {
    const int64_t load = pools_.load[member];
    relax(node_of(member), sink, weight * (2 * load + 1), nullptr);
    if (load > 0) {
      relax(sink, node_of(member), -weight * (2 * load - 1), nullptr);
    }
  }
  for (size_t i = 0; i < pools_.pools.size(); ++i) {
    for (Pool::Share& share : pools_.pools[i].shares) {
      relax(first_pool_ + i, node_of(share.member), share.have < share.held ? 0 : 1, &share);
      if (share.have > 0) {
        relax(node_of(share.member), first_pool_ + i, share.have > share.held ? -1 : 0, &share);
      }
    }
  }
}

void Refinement::relax(size_t from, size_t to, int64_t cost, Pool::Share* share) {
  if (distance_[from] + cost < distance_[to]) {
    distance_[to] = distance_[from] + cost;
    steps_[to] = {.from = from, .share = share};
    changed_ = true;
  }
}

// Follows the steps back from every node, each node once.
bool Refinement::cycle_exists() {
  std::vector<size_t> seen(nodes_, none);
  for (size_t start = 0; start < nodes_; ++start) {
    size_t node = start;
    while (node != none && seen[node] == none) {
      seen[node] = start;
      node = steps_[node].from;
    }
    if (node != none && seen[node] == start) {
      on_cycle_ = node;
      return true;
    }
  }
  return false;
}

void Refinement::cancel() {
  size_t node = on_cycle_;
  do {
    const Step& step = steps_[node];
    const bool to_sink = node == sink;
    if (step.share != nullptr) {
      step.share->have += node < first_pool_ ? 1 : -1;
    } else {
      pools_.load[(to_sink ? step.from : node) - 1] += to_sink ? 1 : -1;
    }
    node = step.from;
  } while (node != on_cycle_);
}

}  // namespace

void refine(Pools& pools) {
  if (pools.pools.size() > 1) {  // one pool is as good as can be
    Refinement(pools).run();
  }
}

}  // namespace odradek::coordinator
