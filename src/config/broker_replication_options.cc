// Followers, leadership and throttled replication.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"alter.log.dirs.replication.quota.window.num", Int, "11", at_least(1), Low, ReadOnly, Ignored, ""},
    {"alter.log.dirs.replication.quota.window.size.seconds", Int, "1", at_least(1), Low, ReadOnly, Ignored, ""},
    {"auto.leader.rebalance.enable", Boolean, "true", anything, High, ReadOnly, Ignored, "Whether leadership is moved back to preferred replicas by itself."},
    {"default.replication.factor", Int, "1", anything, Medium, ReadOnly, Acts, "Replicas of a topic created without saying how many."},
    {"follower.replication.throttled.rate", Long, null, at_least(0), Medium, Quota, Ignored, "Bytes a second that followers here may fetch of throttled replicas."},
    {"leader.imbalance.check.interval.seconds", Long, "300", at_least(1), High, ReadOnly, Ignored, "Seconds between two looks for leaderships to move back."},
    {"leader.replication.throttled.rate", Long, null, at_least(0), Medium, Quota, Ignored, "Bytes a second that leaders here may send of throttled replicas."},
    {"num.replica.alter.log.dirs.threads", Int, null, anything, High, ReadOnly, Ignored, ""},
    {"num.replica.fetchers", Int, "1", at_least(1), High, ClusterWide, Ignored, "Connections that fetch from each leader."},
    {"replica.alter.log.dirs.io.max.bytes.per.second", Long, null, at_least(0), Medium, Quota, Ignored, "Bytes a second that moves between log directories may take."},
    {"replica.fetch.backoff.ms", Int, "1000", at_least(0), Medium, ReadOnly, Ignored, "Milliseconds a follower pauses after a failed fetch."},
    {"replica.fetch.max.bytes", Int, "1048576", at_least(0), Medium, ReadOnly, Ignored, "Bytes a follower asks for per partition."},
    {"replica.fetch.min.bytes", Int, "1", anything, High, ReadOnly, Ignored, "Bytes that a follower's fetch waits for."},
    {"replica.fetch.response.max.bytes", Int, "10485760", at_least(0), Medium, ReadOnly, Ignored, "Bytes a follower asks for in one fetch."},
    {"replica.fetch.wait.max.ms", Int, "500", anything, High, ReadOnly, Ignored, "Milliseconds that a follower's fetch waits for new records."},
    {"replica.high.watermark.checkpoint.interval.ms", Long, "5000", anything, High, ReadOnly, Acts, "Milliseconds between two writes of the high watermark checkpoint."},
    {"replica.lag.time.max.ms", Long, "30000", anything, High, ReadOnly, Ignored, "Milliseconds that a follower may lag before it leaves the in-sync replicas."},
    {"replica.selector.class", String, null, anything, Medium, ReadOnly, Ignored, "How a replica to read from is chosen for a consumer; unset, the leader."},
    {"replica.socket.receive.buffer.bytes", Int, "65536", anything, High, ReadOnly, Ignored, "Receive buffer of a follower's sockets."},
    {"replica.socket.timeout.ms", Int, "30000", anything, High, ReadOnly, Ignored, "Milliseconds that a follower's requests may take."},
    {"replication.quota.window.num", Int, "11", at_least(1), Low, ReadOnly, Ignored, "Samples kept to measure throttled replication."},
    {"replication.quota.window.size.seconds", Int, "1", at_least(1), Low, ReadOnly, Ignored, "Seconds of each sample of throttled replication."},
};
// clang-format on

}  // namespace

std::span<const Option> broker_replication_options() { return table; }

}  // namespace odradek::config::detail
