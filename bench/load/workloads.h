// The measurements. Each prints one line of JSON; with a `pid` it includes what that process used meanwhile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "load/connection.h"
#include "load/topics.h"
#include "record/compression.h"

namespace odradek::bench {

struct Target {
  Endpoint endpoint;
  pid_t pid = 0;          // of the broker; 0: somebody else measures it
  bool is_floor = false;  // a LimitServer: it has no topics to be made
};

// Whole batches as fast as they are taken; ends after `mib` MiB or `seconds`, whichever is given.
struct ProduceLoad {
  std::string measure = "produce";
  std::string topic = "odradek-load";
  int32_t partitions = 4;
  int connections = 4;
  int depth = 5;                 // requests in flight per connection
  double rate = 0;               // requests a second, of all connections; 0: as many as can be
  bool keeps_partition = false;  // each connection writes to one, as a producer without keys; else to each in turn
  size_t batch_bytes = size_t{64} << 10;
  size_t record_bytes = 1024;
  int16_t acks = 1;
  record::Codec codec = record::Codec::None;
  uint64_t mib = 0;
  double seconds = 0;
};

// One record per request, the next when the answer came.
[[nodiscard]] inline ProduceLoad one_record_requests() {
  ProduceLoad load;
  load.measure = "requests";
  load.connections = 16;
  load.depth = 1;
  load.batch_bytes = 0;
  load.record_bytes = 100;
  return load;
}

struct FetchLoad {
  std::string measure = "fetch";
  std::string topic = "odradek-load";
  int32_t partitions = 4;
  int connections = 4;
  int32_t partition_bytes_max = 1 << 20;
  int passes = 1;              // how often each connection reads its partitions from the beginning to the end
  std::optional<int64_t> end;  // of every partition; asked for where it is not given
};

struct EndToEndLoad {
  std::string topic = "odradek-load-e2e";
  int rate = 1000;  // records a second, each in a request of its own
  size_t record_bytes = 100;
  int16_t acks = 1;
  double seconds = 8;
};

struct IdleLoad {
  int connections = 2000;
};

// OffsetCommits of groups without members.
struct CommitLoad {
  std::string topic = "odradek-load-commits";
  std::string group = "odradek-load";
  int groups = 50;
  int connections = 50;
  int depth = 1;    // requests in flight per connection
  double rate = 0;  // commits a second, of all connections; 0: as many as can be
  uint64_t commits = 200'000;
  int32_t partitions = 10;
  int32_t partitions_per_commit = 1;
};

// Groups of one member each, of the classic protocol; a connection for each. A broker needs
// group.initial.rebalance.delay.ms=0 for it, or every group takes that long.
struct ClassicGroupsLoad {
  std::string group = "odradek-load-classic";
  int groups = 10'000;
  double seconds = 12;  // of heartbeats
};

// One group of the consumer protocol, all members started together.
struct ConsumerGroupLoad {
  std::string topic = "odradek-load-thousand";
  std::string group = "odradek-load-consumer";
  int members = 1000;
  int32_t partitions = 1000;
  double seconds = 10;  // at rest
};

void run_produce(const Target& target, const ProduceLoad& load);
void run_fetch(const Target& target, const FetchLoad& load);
void run_end_to_end(const Target& target, const EndToEndLoad& load);
void run_idle(const Target& target, const IdleLoad& load);
void run_create(const Target& target, const TopicSet& set);

void run_commits(const Target& target, const CommitLoad& load);

// Waits for a broker that is still starting until it answers the offset that the first group of run_commits()
// committed, and until it answers those of all. Prints when.
void run_commits_ready(const Target& target, const CommitLoad& load);

void run_classic_groups(const Target& target, const ClassicGroupsLoad& load);
// Its heartbeats, at the same pace, to a LimitServer.
void run_heartbeat_floor(const Target& floor, const ClassicGroupsLoad& load);
void run_consumer_group(const Target& target, const ConsumerGroupLoad& load);

// Waits for a broker that is still starting: until it takes a record, and until it leads all of the set. Prints when
// (milliseconds of the wall clock), so whoever started the broker knows how long that took.
void run_ready(const Target& target, const TopicSet& set);

}  // namespace odradek::bench
