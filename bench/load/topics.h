// Making topics, and waiting until a broker really leads them.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "load/connection.h"

namespace odradek::bench {

// Topics `name` (if there is one) or `name`-0, `name`-1, ...
struct TopicSet {
  std::string name = "odradek-load";
  int32_t topics = 1;
  int32_t partitions = 1;  // of each

  [[nodiscard]] std::vector<std::string> names() const;
};

// Creates those that are not there yet, with as few requests as brokers allow.
void create_topics(Connection& broker, const TopicSet& set);
void delete_topics(Connection& broker, const TopicSet& set);

// Returns when the broker serves every partition as its leader: it says so in its metadata, and answers ListOffsets
// for it without an error. The broker is the only one. Gives up after `limit`.
void wait_until_led(Connection& broker, const TopicSet& set, std::chrono::seconds limit);

// The end offsets of a topic's partitions, all of which are led.
[[nodiscard]] std::vector<int64_t> end_offsets(Connection& broker, const std::string& topic, int32_t partitions);

}  // namespace odradek::bench
