// What a topic may set for itself.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation, the broker options that give the default
    {"cleanup.policy", List, "delete", elements_of("compact, delete"), Medium, Resource, Acts, "What happens to old records: delete removes whole segments, compact keeps the last record of each key; both may be given.", {{{"log.cleanup.policy"}}}},
    {"compression.gzip.level", Int, "-1", minus_one_or_between(1, 9), Medium, Resource, Acts, "Level used when the broker compresses with gzip; -1 is the library's own choice.", {{{"compression.gzip.level"}}}},
    {"compression.lz4.level", Int, "9", between(1, 17), Medium, Resource, Acts, "Level used when the broker compresses with lz4.", {{{"compression.lz4.level"}}}},
    {"compression.type", String, "producer", one_of("uncompressed, zstd, lz4, snappy, gzip, producer"), Medium, Resource, Acts, "Codec of stored batches; producer keeps what the producer chose.", {{{"compression.type"}}}},
    {"compression.zstd.level", Int, "3", between(-131072, 22), Medium, Resource, Acts, "Level used when the broker compresses with zstd.", {{{"compression.zstd.level"}}}},
    {"delete.retention.ms", Long, "86400000", at_least(0), Medium, Resource, Acts, "How long compaction keeps a tombstone, in milliseconds, so that a slow reader still sees the deletion.", {{{"log.cleaner.delete.retention.ms"}}}},
    {"file.delete.delay.ms", Long, "60000", at_least(0), Medium, Resource, Acts, "Milliseconds between renaming a deleted file and removing it from the disk.", {{{"log.segment.delete.delay.ms"}}}},
    {"flush.messages", Long, "9223372036854775807", at_least(1), Medium, Resource, Acts, "Records after which a partition is flushed to disk; with 1 an acknowledgement means on disk.", {{{"log.flush.interval.messages"}}}},
    {"flush.ms", Long, "9223372036854775807", at_least(0), Medium, Resource, Acts, "Milliseconds after which unflushed records are flushed to disk.", {{{"log.flush.interval.ms"}, {"log.flush.scheduler.interval.ms"}}}},
    {"follower.replication.throttled.replicas", List, "", throttled_replicas, Medium, Resource, Ignored, "Replicas whose replication is throttled on the follower's side, as partition:broker pairs, or * for all."},
    {"index.interval.bytes", Int, "4096", at_least(0), Medium, Resource, Acts, "Bytes of log between two entries of the offset index.", {{{"log.index.interval.bytes"}}}},
    {"internal.segment.bytes", Int, null, at_least(1), Medium, Hidden, Acts, "Segment size without the lower bound of segment.bytes, for tests."},
    {"leader.replication.throttled.replicas", List, "", throttled_replicas, Medium, Resource, Ignored, "Replicas whose replication is throttled on the leader's side, as partition:broker pairs, or * for all."},
    {"local.retention.bytes", Long, "-2", at_least(-2), Medium, Resource, Ignored, "Bytes of a tiered partition kept on local disk; -2 follows retention.bytes.", {{{"log.local.retention.bytes"}}}},
    {"local.retention.ms", Long, "-2", at_least(-2), Medium, Resource, Ignored, "Milliseconds that records of a tiered partition stay on local disk; -2 follows retention.ms.", {{{"log.local.retention.ms"}}}},
    {"max.compaction.lag.ms", Long, "9223372036854775807", at_least(1), Medium, Resource, Acts, "A record is compacted at the latest this many milliseconds after it was written.", {{{"log.cleaner.max.compaction.lag.ms"}}}},
    {"max.message.bytes", Int, "1048588", at_least(0), Medium, Resource, Acts, "Largest record batch accepted, in bytes, after compression.", {{{"message.max.bytes"}}}},
    {"message.timestamp.after.max.ms", Long, "3600000", at_least(0), Medium, Resource, Acts, "How far, in milliseconds, a record's timestamp may lie ahead of the broker's clock.", {{{"log.message.timestamp.after.max.ms"}}}},
    {"message.timestamp.before.max.ms", Long, "9223372036854775807", at_least(0), Medium, Resource, Acts, "How far, in milliseconds, a record's timestamp may lie behind the broker's clock.", {{{"log.message.timestamp.before.max.ms"}}}},
    {"message.timestamp.type", String, "CreateTime", one_of("CreateTime, LogAppendTime"), Medium, Resource, Acts, "Whose timestamp a record carries: the producer's (CreateTime) or the broker's (LogAppendTime).", {{{"log.message.timestamp.type"}}}},
    {"min.cleanable.dirty.ratio", Double, "0.5", between(0, 1), Medium, Resource, Acts, "Share of a log that must be uncompacted before compaction looks at it.", {{{"log.cleaner.min.cleanable.ratio"}}}},
    {"min.compaction.lag.ms", Long, "0", at_least(0), Medium, Resource, Acts, "A record stays uncompacted for at least this many milliseconds.", {{{"log.cleaner.min.compaction.lag.ms"}}}},
    {"min.insync.replicas", Int, "1", at_least(1), Medium, Resource, Acts, "In-sync replicas needed before a write with acks=all is accepted.", {{{"min.insync.replicas"}}}},
    {"preallocate", Boolean, "false", anything, Medium, Resource, Acts, "Whether a new segment file is allocated at its full size.", {{{"log.preallocate"}}}},
    {"remote.log.copy.disable", Boolean, "false", anything, Medium, Resource, Ignored, "Whether a tiered topic stops copying segments to remote storage."},
    {"remote.log.delete.on.disable", Boolean, "false", anything, Medium, Resource, Ignored, "Whether turning tiering off deletes what remote storage holds."},
    {"remote.storage.enable", Boolean, "false", anything, Medium, Resource, Ignored, "Whether old segments of the topic are kept in remote storage."},
    {"retention.bytes", Long, "-1", anything, Medium, Resource, Acts, "Bytes kept per partition before old segments are deleted; -1 is no limit.", {{{"log.retention.bytes"}}}},
    {"retention.ms", Long, "604800000", at_least(-1), Medium, Resource, Acts, "Milliseconds that records are kept before their segment is deleted; -1 is for ever.", {{{"log.retention.ms"}, {"log.retention.minutes", minutes}, {"log.retention.hours", hours}}}},
    {"segment.bytes", Int, "1073741824", at_least(1048576), Medium, Resource, Acts, "Size of a segment file at which a new one is begun.", {{{"log.segment.bytes"}}}},
    {"segment.index.bytes", Int, "10485760", at_least(4), Medium, Resource, Acts, "Largest size of a segment's index file.", {{{"log.index.size.max.bytes"}}}},
    {"segment.jitter.ms", Long, "0", at_least(0), Medium, Resource, Acts, "Up to this many milliseconds are taken from segment.ms at random, so that logs do not roll all at once.", {{{"log.roll.jitter.ms"}, {"log.roll.jitter.hours", hours}}}},
    {"segment.ms", Long, "604800000", at_least(1), Medium, Resource, Acts, "Age of a segment at which a new one is begun even if it is not full.", {{{"log.roll.ms"}, {"log.roll.hours", hours}}}},
    {"unclean.leader.election.enable", Boolean, "false", anything, Medium, Resource, Acts, "Whether a replica that is out of sync may become leader as a last resort, losing records.", {{{"unclean.leader.election.enable"}}}},
};
// clang-format on

}  // namespace

std::span<const Option> topic_options() { return table; }

}  // namespace odradek::config::detail
