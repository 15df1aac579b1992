#include "replication/fetch_round.h"

#include <algorithm>
#include <utility>

namespace odradek::replication {

FetchRound::FetchRound(runtime::ShardSet& all, const std::vector<runtime::ShardId>& shards, FetchLimits limits)
    : all_(all), limits_(limits) {
  for (const runtime::ShardId shard : shards) {
    parts_.push_back(std::make_unique<Part>(shard));
  }
}

runtime::Task<std::vector<FetchAnswer>> FetchRound::run(std::shared_ptr<FetchRound> round, PartitionTable& table,
                                                        std::vector<FetchItem> items) {
  const runtime::ShardId here = runtime::Shard::current().id();
  runtime::Waiter& waiter = round->part_of(here).waiter;
  Partitions partitions;  // keeps the signals alive
  partitions.reserve(items.size());
  for (const FetchItem& item : items) {
    const auto& partition = partitions.emplace_back(table.find(item.id));
    if (partition != nullptr) {
      waiter.subscribe(partition->changed());  // before reading, or an append in between is missed
    }
  }

  Reading reading;
  int64_t counted = 0;
  for (;;) {
    reading = co_await round->read(partitions, items);
    const int64_t more = reading.bytes - std::exchange(counted, reading.bytes);
    const int64_t total = round->bytes_.fetch_add(more) + more;
    if (reading.is_final || total >= static_cast<int64_t>(round->limits_.bytes_min)) {
      end(round, here);
      break;
    }
    if (round->ended_.load()) {
      break;
    }
    const bool woken = co_await waiter.wait(round->limits_.deadline);
    if (!woken || round->ended_.load()) {
      break;
    }
  }
  waiter.unsubscribe_all();
  co_return std::move(reading.answers);
}

runtime::Task<FetchRound::Reading> FetchRound::read(const Partitions& partitions,
                                                    const std::vector<FetchItem>& items) const {
  Reading reading;
  reading.answers.reserve(items.size());
  uint64_t left = limits_.bytes_max;
  bool at_least_one = limits_.at_least_one;
  for (size_t i = 0; i < items.size(); ++i) {
    const FetchItem& item = items[i];
    const std::shared_ptr<Partition>& partition = partitions[i];
    if (partition == nullptr) {
      reading.answers.push_back({.place = item.place, .records = fail(Errc::NotLeader)});
      reading.is_final = true;
      continue;
    }
    FetchSpec spec = item.spec;
    spec.bytes_max = std::min(spec.bytes_max, left);
    spec.at_least_one = at_least_one;
    Result<FetchedRecords> records = co_await partition->read(spec);
    if (records) {
      const uint64_t size = records->records.size();
      reading.bytes += static_cast<int64_t>(size);
      // What a segment ends with grows no more, however long one waits.
      reading.is_final |= records->diverging.has_value() || records->ends_with_segment;
      left -= std::min(left, size);
      at_least_one &= size == 0;
    } else {
      reading.is_final = true;
    }
    reading.answers.push_back({.place = item.place, .records = std::move(records)});
  }
  co_return reading;
}

FetchRound::Part& FetchRound::part_of(runtime::ShardId shard) {
  const auto part = std::ranges::find(parts_, shard, [](const auto& p) { return p->shard; });
  ensure(part != parts_.end(), "a shard that takes no part in this fetch");
  return **part;
}

void FetchRound::end(const std::shared_ptr<FetchRound>& round, std::optional<runtime::ShardId> caller) {
  if (round->ended_.exchange(true)) {
    return;
  }
  for (const auto& part : round->parts_) {
    if (part->shard != caller) {
      round->all_.at(part->shard).post([round, &waiter = part->waiter] { waiter.notify(); });
    }
  }
}

}  // namespace odradek::replication
