// Transactions and idempotent producers.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"add.partitions.to.txn.retry.backoff.max.ms", Int, "100", at_least(0), High, ReadOnly, Ignored, ""},
    {"add.partitions.to.txn.retry.backoff.ms", Int, "20", at_least(1), High, ReadOnly, Ignored, ""},
    {"producer.id.expiration.check.interval.ms", Int, "600000", at_least(1), Low, Hidden, Acts, "Milliseconds between two looks for expired producer ids."},
    {"producer.id.expiration.ms", Int, "86400000", at_least(1), Low, ClusterWide, Acts, "Milliseconds that an idle producer's sequence numbers are remembered."},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", Int, "10000", at_least(1), Low, ReadOnly, Ignored, ""},
    {"transaction.max.timeout.ms", Int, "900000", at_least(1), High, ReadOnly, Ignored, "Longest transaction timeout a producer may ask for."},
    {"transaction.partition.verification.enable", Boolean, "true", anything, Low, ClusterWide, Ignored, "Whether a write in a transaction is checked against the coordinator first."},
    {"transaction.remove.expired.transaction.cleanup.interval.ms", Int, "3600000", at_least(1), Low, ReadOnly, Ignored, ""},
    {"transaction.state.log.load.buffer.size", Int, "5242880", at_least(1), High, ReadOnly, Ignored, ""},
    {"transaction.state.log.min.isr", Int, ours("1", "2"), at_least(1), High, ReadOnly, Ignored, "In-sync replicas that the transaction topic needs for a write."},
    {"transaction.state.log.num.partitions", Int, "50", at_least(1), High, ReadOnly, Ignored, "Partitions of the transaction topic."},
    {"transaction.state.log.replication.factor", Short, ours("1", "3"), at_least(1), High, ReadOnly, Ignored, "Replicas of the transaction topic."},
    {"transaction.state.log.segment.bytes", Int, "104857600", at_least(1), High, ReadOnly, Ignored, "Segment size of the transaction topic."},
    {"transaction.two.phase.commit.enable", Boolean, "false", anything, Low, ReadOnly, Ignored, ""},
    {"transactional.id.expiration.ms", Int, "604800000", at_least(1), High, ReadOnly, Ignored, "Milliseconds that an unused transactional id is remembered."},
};
// clang-format on

}  // namespace

std::span<const Option> broker_transaction_options() { return table; }

}  // namespace odradek::config::detail
