// The one hop of a handler: every shard is asked for the partitions it owns.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "api/shard_affinity.h"
#include "replication/partition_router.h"

namespace odradek::api::detail {

// The shard that owns all of `items`, which have a member `id`; nothing if there is none, or there are several.
template <typename Item>
[[nodiscard]] std::optional<runtime::ShardId> only_owner(const replication::PartitionRouter& router,
                                                         const std::vector<Item>& items) {
  if (items.empty()) {
    return std::nullopt;
  }
  const runtime::ShardId first = router.owner(items.front().id);
  const bool is_one = std::ranges::all_of(items, [&](const Item& item) { return router.owner(item.id) == first; });
  return is_one ? std::optional(first) : std::nullopt;
}

// Runs the coroutine function `work`(PartitionTable&, std::vector<Item>) on each shard that owns some of `items`, which
// have a member `id`; what all of them answered, in no order. Where one shard owns all, nothing is spawned. `affinity`,
// where there is one, hears which shards those are.
template <typename Answer, typename Item, typename Work>
[[nodiscard]] runtime::Task<std::vector<Answer>> ask_owners(replication::PartitionRouter& router,
                                                            std::vector<Item> items, Work work,
                                                            ShardAffinity* affinity = nullptr) {
  if (items.empty()) {
    co_return std::vector<Answer>();
  }
  const std::optional<runtime::ShardId> owner = only_owner(router, items);
  if (affinity != nullptr) {
    owner ? affinity->worked_on(*owner) : affinity->worked_on_several();
  }
  if (owner) {
    co_return co_await router.on(*owner, [work, items = std::move(items)](replication::PartitionTable& table) mutable {
      return work(table, std::move(items));
    });
  }
  auto shares = router.by_shard(std::move(items), [](const Item& item) { return item.id; });
  co_return co_await router.gather<Answer>(std::move(shares), work);
}

}  // namespace odradek::api::detail
