// Topics by default, segments, retention, flushing and compaction.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"alter.config.policy.class.name", Class, null, anything, Low, ReadOnly, Ignored, "Class that may refuse a change of configuration."},
    {"auto.create.topics.enable", Boolean, "true", anything, High, ReadOnly, Acts, "Whether asking for an unknown topic may create it."},
    {"compression.gzip.level", Int, "-1", minus_one_or_between(1, 9), Medium, ClusterWide, Acts, "Level used when the broker compresses with gzip; -1 is the library's own choice."},
    {"compression.lz4.level", Int, "9", between(1, 17), Medium, ClusterWide, Acts, "Level used when the broker compresses with lz4."},
    {"compression.type", String, "producer", one_of("uncompressed, zstd, lz4, snappy, gzip, producer"), High, ClusterWide, Acts, "Codec of stored batches; producer keeps what the producer chose."},
    {"compression.zstd.level", Int, "3", between(-131072, 22), Medium, ClusterWide, Acts, "Level used when the broker compresses with zstd."},
    {"cordoned.log.dirs", List, "", elements, Medium, PerBroker, Ignored, "Log directories that receive no new partitions."},
    {"create.topic.policy.class.name", Class, null, anything, Low, ReadOnly, Ignored, "Class that may refuse the creation of a topic."},
    {"delete.topic.enable", Boolean, "true", anything, High, ReadOnly, Acts, "Whether topics may be deleted."},
    {"log.cleaner.backoff.ms", Long, "15000", at_least(0), Medium, ClusterWide, Acts, "Milliseconds that compaction sleeps when there is nothing to compact."},
    {"log.cleaner.dedupe.buffer.size", Long, ours("8388608", "134217728"), anything, Medium, ClusterWide, Acts, "Bytes for the key tables of all compaction threads together."},
    {"log.cleaner.delete.retention.ms", Long, "86400000", at_least(0), Medium, ClusterWide, Acts, "How long compaction keeps a tombstone, in milliseconds, so that a slow reader still sees the deletion."},
    {"log.cleaner.enable", Boolean, "true", anything, Medium, ReadOnly, Acts, "Whether compaction runs."},
    {"log.cleaner.io.buffer.load.factor", Double, "0.9", anything, Medium, ClusterWide, Acts, "Share of a key table that may be filled."},
    {"log.cleaner.io.buffer.size", Int, "524288", at_least(0), Medium, ClusterWide, Acts, "Bytes for the read and write buffers of all compaction threads together."},
    {"log.cleaner.io.max.bytes.per.second", Double, "1.7976931348623157E308", anything, Medium, ClusterWide, Acts, "Limit of bytes that compaction reads and writes in a second."},
    {"log.cleaner.max.compaction.lag.ms", Long, "9223372036854775807", at_least(1), Medium, ClusterWide, Acts, "A record is compacted at the latest this many milliseconds after it was written."},
    {"log.cleaner.min.cleanable.ratio", Double, "0.5", between(0, 1), Medium, ClusterWide, Acts, "Share of a log that must be uncompacted before compaction looks at it."},
    {"log.cleaner.min.compaction.lag.ms", Long, "0", at_least(0), Medium, ClusterWide, Acts, "A record stays uncompacted for at least this many milliseconds."},
    {"log.cleaner.threads", Int, "1", at_least(0), Medium, ClusterWide, Acts, "Logs that are compacted at the same time."},
    {"log.cleanup.policy", List, "delete", elements_of("compact, delete"), Medium, ClusterWide, Acts, "What happens to old records: delete removes whole segments, compact keeps the last record of each key; both may be given."},
    {"log.dir", List, our_data_directory("/tmp/kafka-logs"), some_elements, High, ReadOnly, Acts, "Directory for data when log.dirs is not set."},
    {"log.dir.failure.timeout.ms", Long, "30000", at_least(1), Low, ReadOnly, Ignored, "Milliseconds a broker waits to tell the controller of a failed log directory before it stops."},
    {"log.dirs", List, null, some_elements, High, ReadOnly, Acts, "Directories for data, separated by commas."},
    {"log.flush.interval.messages", Long, "9223372036854775807", at_least(1), High, ClusterWide, Acts, "Records after which a partition is flushed to disk; with 1 an acknowledgement means on disk."},
    {"log.flush.interval.ms", Long, null, anything, High, ClusterWide, Acts, "Milliseconds after which unflushed records are flushed to disk."},
    {"log.flush.offset.checkpoint.interval.ms", Int, "60000", at_least(0), High, ReadOnly, Acts, "Milliseconds between two writes of the recovery point checkpoint."},
    {"log.flush.scheduler.interval.ms", Long, "9223372036854775807", anything, High, ReadOnly, Acts, "Milliseconds between two looks for logs that must be flushed."},
    {"log.flush.start.offset.checkpoint.interval.ms", Int, "60000", at_least(0), High, ReadOnly, Acts, "Milliseconds between two writes of the log start offset checkpoint."},
    {"log.index.interval.bytes", Int, "4096", at_least(0), Medium, ClusterWide, Acts, "Bytes of log between two entries of the offset index."},
    {"log.index.size.max.bytes", Int, "10485760", at_least(4), Medium, ClusterWide, Acts, "Largest size of a segment's index file."},
    {"log.initial.task.delay.ms", Long, "30000", at_least(0), Low, Hidden, Ignored, ""},
    {"log.local.retention.bytes", Long, "-2", at_least(-2), Medium, ClusterWide, Ignored, "Bytes of a tiered partition kept on local disk; -2 follows retention.bytes."},
    {"log.local.retention.ms", Long, "-2", at_least(-2), Medium, ClusterWide, Ignored, "Milliseconds that records of a tiered partition stay on local disk; -2 follows retention.ms."},
    {"log.message.timestamp.after.max.ms", Long, "3600000", at_least(0), Medium, ClusterWide, Acts, "How far, in milliseconds, a record's timestamp may lie ahead of the broker's clock."},
    {"log.message.timestamp.before.max.ms", Long, "9223372036854775807", at_least(0), Medium, ClusterWide, Acts, "How far, in milliseconds, a record's timestamp may lie behind the broker's clock."},
    {"log.message.timestamp.type", String, "CreateTime", one_of("CreateTime, LogAppendTime"), Medium, ClusterWide, Acts, "Whose timestamp a record carries: the producer's (CreateTime) or the broker's (LogAppendTime)."},
    {"log.preallocate", Boolean, "false", anything, Medium, ClusterWide, Acts, "Whether a new segment file is allocated at its full size."},
    {"log.retention.bytes", Long, "-1", anything, High, ClusterWide, Acts, "Bytes kept per partition before old segments are deleted; -1 is no limit."},
    {"log.retention.check.interval.ms", Long, "300000", at_least(1), Medium, ReadOnly, Acts, "Milliseconds between two looks for segments to delete."},
    {"log.retention.hours", Int, "168", anything, High, ReadOnly, Acts, "Hours that records are kept; log.retention.minutes and log.retention.ms come first."},
    {"log.retention.minutes", Int, null, anything, High, ReadOnly, Acts, "Minutes that records are kept; log.retention.ms comes first."},
    {"log.retention.ms", Long, null, anything, High, ClusterWide, Acts, "Milliseconds that records are kept; -1 is for ever."},
    {"log.roll.hours", Int, "168", at_least(1), High, ReadOnly, Acts, "Hours after which a new segment is begun even if the last is not full; log.roll.ms comes first."},
    {"log.roll.jitter.hours", Int, "0", at_least(0), High, ReadOnly, Acts, "Hours taken at random from the roll time; log.roll.jitter.ms comes first."},
    {"log.roll.jitter.ms", Long, null, anything, High, ClusterWide, Acts, "Milliseconds taken at random from the roll time, so that logs do not roll all at once."},
    {"log.roll.ms", Long, null, anything, High, ClusterWide, Acts, "Milliseconds after which a new segment is begun even if the last is not full."},
    {"log.segment.bytes", Int, "1073741824", at_least(1048576), High, ClusterWide, Acts, "Size of a segment file at which a new one is begun."},
    {"log.segment.delete.delay.ms", Long, "60000", at_least(0), High, ClusterWide, Acts, "Milliseconds between renaming a deleted file and removing it from the disk."},
    {"message.max.bytes", Int, "1048588", at_least(0), High, ClusterWide, Acts, "Largest record batch accepted, in bytes, after compression; topics may set max.message.bytes."},
    {"min.insync.replicas", Int, "1", at_least(1), High, ClusterWide, Acts, "In-sync replicas needed before a write with acks=all is accepted."},
    {"num.partitions", Int, "1", at_least(1), Medium, ReadOnly, Acts, "Partitions of a topic created without saying how many."},
    {"num.recovery.threads.per.data.dir", Int, "2", at_least(1), High, ClusterWide, Acts, "Threads per log directory for recovery at start and flushing at stop."},
    {"unclean.leader.election.enable", Boolean, "false", anything, High, ClusterWide, Acts, "Whether a replica that is out of sync may become leader as a last resort, losing records."},
    {"unclean.leader.election.interval.ms", Long, "300000", at_least(1), Medium, Hidden, Ignored, ""},
};
// clang-format on

}  // namespace

std::span<const Option> broker_log_options() { return table; }

}  // namespace odradek::config::detail
