#include "sim/swarm.h"

#include <fmt/format.h>

namespace odradek::sim {
namespace {

int64_t one_of(runtime::Random& chance, std::initializer_list<int64_t> values) {
  return values.begin()[chance.below(values.size())];
}

}  // namespace

Swarm Swarm::choose(runtime::Random& chance) {
  const auto often = [&chance] { return chance.one_in(2); };
  const auto seldom = [&chance] { return chance.one_in(4); };
  Swarm swarm;
  swarm.log_dirs = seldom() ? 2 : 1;
  swarm.flushes_everywhere = seldom();
  swarm.segment_bytes = one_of(chance, {6'000, 12'000, 65'536, 1 << 20});
  swarm.index_interval_bytes = one_of(chance, {0, 256, 4'096});
  swarm.checkpoint_ms = one_of(chance, {50, 500, 60'000});
  swarm.retention_check_ms = one_of(chance, {20, 200, 60'000});
  swarm.file_delete_delay_ms = one_of(chance, {0, 50, 1'000, 60'000});

  swarm.metadata_snapshot_bytes = one_of(chance, {0, 0, 300, 2'000});

  swarm.plain_producers = static_cast<int32_t>(chance.below(3));
  swarm.idempotent_producers = static_cast<int32_t>(chance.below(3));
  if (swarm.plain_producers + swarm.idempotent_producers == 0) {
    swarm.idempotent_producers = 1;
  }
  swarm.readers = static_cast<int32_t>(chance.below(3));
  swarm.batches_max = static_cast<int32_t>(one_of(chance, {10, 40, 100}));
  swarm.topics = static_cast<int32_t>(1 + chance.below(2));
  swarm.some_topics_flush = often();
  swarm.some_topics_expire = seldom();
  swarm.some_topics_compact = seldom();
  swarm.deletes_topics = seldom();
  swarm.deletes_records = seldom();
  swarm.changes_configs = seldom();
  swarm.changes_policies = swarm.changes_configs && often();

  swarm.reigns = static_cast<uint32_t>(1 + chance.below(4));
  swarm.kills = often();
  swarm.cuts_power = often();
  swarm.slow_syncs = seldom();
  swarm.sync_errors = chance.one_in(8);
  swarm.io_errors = chance.one_in(8);
  swarm.fills_disk = chance.one_in(8);
  swarm.holds_network = seldom();
  swarm.resets_connections = seldom();
  swarm.sets_clock = seldom();
  // What a group knows may be lost with a disk that fails; what may then be asked of it is another matter.
  if (often() && !swarm.sync_errors && !swarm.io_errors && !swarm.fills_disk) {
    swarm.group_members = static_cast<int32_t>(1 + chance.below(4));
    swarm.group_is_mixed = often();
    swarm.group_is_classic = seldom();
  }
  return swarm;
}

std::vector<std::string> Swarm::directories() const {
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < log_dirs; ++i) {
    paths.push_back(fmt::format("/data{}", i));
  }
  return paths;
}

std::vector<config::Property> Swarm::broker_properties(uint16_t port) const {
  std::vector<config::Property> properties = {
      {.key = "log.dirs", .value = fmt::format("{}", fmt::join(directories(), ","))},
      {.key = "listeners", .value = fmt::format("PLAINTEXT://127.0.0.1:{}", port)},
      {.key = "log.flush.offset.checkpoint.interval.ms", .value = fmt::format("{}", checkpoint_ms)},
      {.key = "replica.high.watermark.checkpoint.interval.ms", .value = fmt::format("{}", checkpoint_ms)},
      {.key = "log.retention.check.interval.ms", .value = fmt::format("{}", retention_check_ms)},
      {.key = "log.segment.delete.delay.ms", .value = fmt::format("{}", file_delete_delay_ms)},
  };
  if (metadata_snapshot_bytes > 0) {
    properties.push_back({.key = "metadata.log.max.record.bytes.between.snapshots",
                          .value = fmt::format("{}", metadata_snapshot_bytes)});
    properties.push_back({.key = "metadata.max.retention.bytes", .value = "1"});
  }
  if (group_members > 0) {
    const auto set = [&properties](const char* name, const char* value) {
      properties.push_back({.key = name, .value = value});
    };
    set("offsets.topic.num.partitions", "2");
    set("offsets.topic.replication.factor", "1");
    set("group.min.session.timeout.ms", "100");
    set("group.initial.rebalance.delay.ms", "50");
    set("group.consumer.min.session.timeout.ms", "100");
    set("group.consumer.session.timeout.ms", "400");
    set("group.consumer.min.heartbeat.interval.ms", "20");
    set("group.consumer.heartbeat.interval.ms", "50");
    set("group.consumer.assignment.interval.ms", "40");
  }
  if (some_topics_compact || changes_policies) {
    properties.push_back({.key = "log.cleaner.backoff.ms", .value = "50"});
  }
  if (flushes_everywhere) {
    properties.push_back({.key = "log.flush.interval.messages", .value = "1"});
  }
  return properties;
}

}  // namespace odradek::sim
