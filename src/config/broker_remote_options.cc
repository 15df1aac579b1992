// Tiered storage.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"follower.fetch.last.tiered.offset.enable", Boolean, "false", anything, Medium, ClusterWide, Ignored, ""},
    {"remote.fetch.max.wait.ms", Int, "500", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.list.offsets.request.timeout.ms", Long, "30000", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.index.file.cache.total.size.bytes", Long, "1073741824", at_least(1), Low, ClusterWide, Ignored, ""},
    {"remote.log.index.file.cache.ttl.ms", Long, "900000", at_least(-1), Low, Hidden, Ignored, ""},
    {"remote.log.manager.copier.thread.pool.size", Int, "10", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.manager.copy.max.bytes.per.second", Long, "9223372036854775807", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.manager.copy.quota.window.num", Int, "11", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"remote.log.manager.copy.quota.window.size.seconds", Int, "1", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"remote.log.manager.expiration.thread.pool.size", Int, "10", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.manager.fetch.max.bytes.per.second", Long, "9223372036854775807", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.manager.fetch.quota.window.num", Int, "11", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"remote.log.manager.fetch.quota.window.size.seconds", Int, "1", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"remote.log.manager.follower.thread.pool.size", Int, "2", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.manager.task.interval.ms", Long, "30000", at_least(1), Low, ReadOnly, Ignored, ""},
    {"remote.log.manager.task.retry.backoff.max.ms", Long, "30000", at_least(1), Low, Hidden, Ignored, ""},
    {"remote.log.manager.task.retry.backoff.ms", Long, "500", at_least(1), Low, Hidden, Ignored, ""},
    {"remote.log.manager.task.retry.jitter", Double, "0.2", between(0, 0.5), Low, Hidden, Ignored, ""},
    {"remote.log.manager.thread.pool.size", Int, "2", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"remote.log.metadata.custom.metadata.max.bytes", Int, "128", at_least(0), Low, ReadOnly, Ignored, ""},
    {"remote.log.metadata.manager.class.name", String, "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", non_empty, Medium, ReadOnly, Ignored, ""},
    {"remote.log.metadata.manager.class.path", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"remote.log.metadata.manager.impl.prefix", String, "rlmm.config.", non_empty, Medium, ReadOnly, Ignored, ""},
    {"remote.log.metadata.manager.listener.name", String, null, non_empty, Medium, ReadOnly, Ignored, ""},
    {"remote.log.reader.max.pending.tasks", Int, "100", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"remote.log.reader.threads", Int, "10", at_least(1), Medium, ClusterWide, Ignored, ""},
    {"remote.log.storage.manager.class.name", String, null, non_empty, Medium, ReadOnly, Ignored, ""},
    {"remote.log.storage.manager.class.path", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"remote.log.storage.manager.impl.prefix", String, "rsm.config.", non_empty, Medium, ReadOnly, Ignored, ""},
    {"remote.log.storage.system.enable", Boolean, "false", anything, Medium, ReadOnly, Acts, "Whether old segments may be kept in remote storage."},
};
// clang-format on

}  // namespace

std::span<const Option> broker_remote_options() { return table; }

}  // namespace odradek::config::detail
