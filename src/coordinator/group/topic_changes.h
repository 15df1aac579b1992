// Whether a new metadata image may change what consumer groups have to assign.
#pragma once

#include "metadata/image_feed.h"

namespace odradek::coordinator {

// A topic came or went, or got partitions; replicas or brokers moved to other racks. Leaders and in-sync replicas,
// which change all the time, do not matter.
[[nodiscard]] bool changes_assignable_topics(const metadata::ImageUpdate& update);

}  // namespace odradek::coordinator
