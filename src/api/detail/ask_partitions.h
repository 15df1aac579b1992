// The same question to many partitions, wherever they are.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "api/detail/ask_owners.h"
#include "base/result.h"
#include "replication/partition.h"
#include "replication/partition_router.h"
#include "replication/partition_table.h"
#include "runtime/task.h"

namespace odradek::api::detail {

// Where an answer belongs in a response that lists topics and their partitions.
struct AnswerPlace {
  size_t topic = 0;
  size_t partition = 0;
};

template <typename T>
struct PartitionAnswer {
  AnswerPlace place;
  Result<T> outcome;
};

template <typename T, typename Item, typename Ask>
[[nodiscard]] runtime::Task<std::vector<PartitionAnswer<T>>> ask_each(replication::PartitionTable& table,
                                                                      std::vector<Item> items, Ask ask) {
  std::vector<PartitionAnswer<T>> answers;
  answers.reserve(items.size());
  for (const Item& item : items) {
    Result<T> outcome = fail(Errc::NotLeader);
    if (const std::shared_ptr<replication::Partition> partition = table.find(item.id)) {
      outcome = co_await ask(partition, item);
    }
    answers.push_back({.place = item.place, .outcome = std::move(outcome)});
  }
  co_return answers;
}

// `ask`(shared_ptr<Partition>, const Item&), which answers an Async<T>, for each of `items` on the shard that owns it;
// they have members `id` and `place`. The answers come in no order. NotLeader where the partition is gone.
template <typename T, typename Item, typename Ask>
[[nodiscard]] runtime::Task<std::vector<PartitionAnswer<T>>> ask_partitions(replication::PartitionRouter& router,
                                                                            std::vector<Item> items, Ask ask) {
  return ask_owners<PartitionAnswer<T>>(router, std::move(items),
                                        [ask](replication::PartitionTable& table, std::vector<Item> share) {
                                          return ask_each<T>(table, std::move(share), ask);
                                        });
}

}  // namespace odradek::api::detail
