// The one hop: from the shard of a connection to the shard of a partition.
//
// Which shard owns a partition follows from its id alone, so every shard knows it without asking.
#pragma once

#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "replication/partition_table.h"
#include "runtime/shard_set.h"
#include "runtime/task_group.h"

namespace odradek::replication {

// One for the process; safe to use from every shard.
class PartitionRouter {
 public:
  explicit PartitionRouter(runtime::ShardSet& shards) : shards_(shards), tables_(shards.size()) {}

  // Each shard gives its table once, before requests come.
  void set_table(runtime::ShardId shard, std::unique_ptr<PartitionTable> table) {
    tables_[shard.raw()] = std::move(table);
  }

  [[nodiscard]] runtime::ShardId owner(const PartitionId& id) const {
    return runtime::ShardId{owner_of(id, tables_.size())};
  }
  [[nodiscard]] static uint32_t owner_of(const PartitionId& id, size_t shard_count);

  [[nodiscard]] size_t shard_count() const { return tables_.size(); }
  [[nodiscard]] runtime::ShardSet& shards() { return shards_; }

  // Only from that shard.
  [[nodiscard]] PartitionTable& table(runtime::ShardId shard) { return *tables_[shard.raw()]; }
  [[nodiscard]] PartitionTable& local() { return table(runtime::Shard::current().id()); }

  // Runs the coroutine function `work`(PartitionTable&) on the shard that owns the partition, and answers here.
  template <typename Work>
  [[nodiscard]] auto on_owner(const PartitionId& id, Work work) {
    return on(owner(id), std::move(work));
  }

  template <typename Work>
  [[nodiscard]] auto on(runtime::ShardId shard, Work work) {
    return shards_.on(shard, [this, shard, work = std::move(work)]() mutable { return work(table(shard)); });
  }

  // Hands every shard its share at once (where it has one) and waits for all: `work`(PartitionTable&, shares[shard])
  // is a coroutine function that answers with a std::vector<Answer>. The answers of all shards, in no order.
  template <typename Answer, typename Item, typename Work>
  [[nodiscard]] runtime::Task<std::vector<Answer>> gather(std::vector<std::vector<Item>> shares, Work work) {
    std::vector<Answer> answers;
    runtime::TaskGroup tasks;
    for (uint32_t shard = 0; shard < shares.size(); ++shard) {
      if (!shares[shard].empty()) {
        tasks.spawn(collect(runtime::ShardId{shard}, std::move(shares[shard]), work, answers));
      }
    }
    co_await tasks.join();
    co_return answers;
  }

  // The items of `wanted` sorted by the shard that owns them; empty vectors where a shard owns none.
  template <typename Item, typename IdOf>
  [[nodiscard]] std::vector<std::vector<Item>> by_shard(std::vector<Item> wanted, const IdOf& id_of) const {
    std::vector<std::vector<Item>> sorted(tables_.size());
    for (Item& item : wanted) {
      sorted[owner(id_of(item)).raw()].push_back(std::move(item));
    }
    return sorted;
  }

 private:
  template <typename Item, typename Work, typename Answer>
  [[nodiscard]] runtime::Task<void> collect(runtime::ShardId shard, std::vector<Item> share, Work work,
                                            std::vector<Answer>& answers) {
    std::vector<Answer> some = co_await on(shard, [&work, share = std::move(share)](PartitionTable& table) mutable {
      return work(table, std::move(share));
    });
    answers.insert(answers.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }

  runtime::ShardSet& shards_;
  std::vector<std::unique_ptr<PartitionTable>> tables_;  // by shard
};

}  // namespace odradek::replication
