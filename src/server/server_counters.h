// What one shard's connections count.
#pragma once

#include <cstdint>

namespace odradek::server {

struct ServerCounters {
  uint64_t connections_open = 0;
  uint64_t connections_accepted = 0;
  uint64_t connections_moved_here = 0;  // from other shards
  uint64_t requests = 0;
  uint64_t requests_malformed = 0;            // each closed its connection
  uint64_t requests_unsupported = 0;          // unknown API or version; each closed its connection
  uint64_t requests_with_trailing_bytes = 0;  // ignored, as Kafka does
};

}  // namespace odradek::server
