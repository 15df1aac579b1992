// The operations that a principal may do, as answers carry them: bit n is ACL operation n.
#pragma once

#include <cstdint>
#include <limits>

namespace odradek::api {

inline constexpr int32_t operations_not_asked = std::numeric_limits<int32_t>::min();

// Everything is allowed without an authorizer.
// Read, Write, Create, Delete, Alter, Describe, DescribeConfigs, AlterConfigs.
inline constexpr int32_t all_topic_operations = 0x0df8;
// Read, Delete, Describe, DescribeConfigs, AlterConfigs.
inline constexpr int32_t all_group_operations = 0x0d48;
// Create, Alter, Describe, ClusterAction, DescribeConfigs, AlterConfigs, IdempotentWrite.
inline constexpr int32_t all_cluster_operations = 0x1fa0;

}  // namespace odradek::api
