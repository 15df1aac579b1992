// What one life is made of: which workloads, which faults, how large. Chosen by the seed, differently for each, so that
// some lives have few things that interact deeply and others have everything at once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/properties.h"
#include "runtime/random.h"

namespace odradek::sim {

struct Swarm {
  [[nodiscard]] static Swarm choose(runtime::Random& chance);
  // The broker's configuration, listening on `port`.
  [[nodiscard]] std::vector<config::Property> broker_properties(uint16_t port) const;
  [[nodiscard]] std::vector<std::string> directories() const;

  // The broker.
  uint32_t log_dirs = 1;
  bool flushes_everywhere = false;  // log.flush.interval.messages=1: on disk, then acknowledged
  int64_t segment_bytes = 0;        // these are of topics; small, so that much happens at the edges
  int64_t index_interval_bytes = 0;
  int64_t checkpoint_ms = 0;
  int64_t retention_check_ms = 0;
  int64_t file_delete_delay_ms = 0;
  int64_t metadata_snapshot_bytes = 0;  // a snapshot of the metadata after so many; 0: as by default, which is never

  // Workloads.
  int32_t plain_producers = 0;
  int32_t idempotent_producers = 0;
  int32_t readers = 0;
  int32_t group_members = 0;      // of one group
  bool group_is_mixed = false;    // of members of both protocols
  bool group_is_classic = false;  // if it is not mixed
  int32_t batches_max = 0;        // of each producer
  int32_t topics = 1;             // at the beginning
  bool some_topics_flush = false;
  bool some_topics_expire = false;
  bool some_topics_compact = false;
  bool deletes_topics = false;
  bool deletes_records = false;
  bool changes_configs = false;
  bool changes_policies = false;  // cleanup.policy among them

  // Faults.
  uint32_t reigns = 1;  // starts of the broker before the last one, which is calm
  bool kills = false;
  bool cuts_power = false;
  bool slow_syncs = false;
  bool sync_errors = false;
  bool io_errors = false;
  bool fills_disk = false;
  bool holds_network = false;
  bool resets_connections = false;
  bool sets_clock = false;
};

}  // namespace odradek::sim
