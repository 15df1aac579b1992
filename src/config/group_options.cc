// What a group may set for itself.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation, the broker options that give the default
    {"consumer.assignment.interval.ms", Int, "1000", at_least(0), Medium, Resource, Acts, "Milliseconds between two computations of the group's assignment.", {{{"group.consumer.assignment.interval.ms"}}}},
    {"consumer.heartbeat.interval.ms", Int, "5000", at_least(1), Medium, Resource, Acts, "Milliseconds between heartbeats that members of a consumer group are told to keep.", {{{"group.consumer.heartbeat.interval.ms"}}}},
    {"consumer.session.timeout.ms", Int, "45000", at_least(1), Medium, Resource, Acts, "Milliseconds without a heartbeat after which a member leaves its consumer group.", {{{"group.consumer.session.timeout.ms"}}}},
    {"share.assignment.interval.ms", Int, "1000", at_least(0), Medium, Resource, Ignored, "Milliseconds between two computations of the share group's assignment.", {{{"group.share.assignment.interval.ms"}}}},
    {"share.auto.offset.reset", String, "latest", offset_reset, Medium, Resource, Ignored, "Where a share group begins to read: earliest, latest or by_duration with an ISO 8601 duration."},
    {"share.delivery.count.limit", Int, "5", at_least(2), Medium, Resource, Ignored, "Deliveries of a record before it is given up.", {{{"group.share.delivery.count.limit"}}}},
    {"share.heartbeat.interval.ms", Int, "5000", at_least(1), Medium, Resource, Ignored, "Milliseconds between heartbeats that members of a share group are told to keep.", {{{"group.share.heartbeat.interval.ms"}}}},
    {"share.isolation.level", String, "read_uncommitted", one_of("read_committed, read_uncommitted"), Medium, Resource, Ignored, "Whether a share group sees records of open and aborted transactions."},
    {"share.partition.max.record.locks", Int, "2000", at_least(100), Medium, Resource, Ignored, "Records of one partition that may be locked at once.", {{{"group.share.partition.max.record.locks"}}}},
    {"share.record.lock.duration.ms", Int, "30000", at_least(1000), Medium, Resource, Ignored, "Milliseconds that a delivered record stays locked for its consumer.", {{{"group.share.record.lock.duration.ms"}}}},
    {"share.renew.acknowledge.enable", Boolean, "true", anything, Medium, Resource, Ignored, "Whether a consumer may renew the lock of a record."},
    {"share.session.timeout.ms", Int, "45000", at_least(1), Medium, Resource, Ignored, "Milliseconds without a heartbeat after which a member leaves its share group.", {{{"group.share.session.timeout.ms"}}}},
    {"streams.assignment.interval.ms", Int, "1000", at_least(0), Medium, Resource, Ignored, "Milliseconds between two computations of the streams group's assignment.", {{{"group.streams.assignment.interval.ms"}}}},
    {"streams.heartbeat.interval.ms", Int, "5000", at_least(1), Medium, Resource, Ignored, "Milliseconds between heartbeats that members of a streams group are told to keep.", {{{"group.streams.heartbeat.interval.ms"}}}},
    {"streams.initial.rebalance.delay.ms", Int, "3000", at_least(0), Medium, Resource, Ignored, "Milliseconds that an empty streams group waits for more members.", {{{"group.streams.initial.rebalance.delay.ms"}}}},
    {"streams.num.standby.replicas", Int, "0", at_least(0), Medium, Resource, Ignored, "Standby copies of each stateful task.", {{{"group.streams.num.standby.replicas"}}}},
    {"streams.session.timeout.ms", Int, "45000", at_least(1), Medium, Resource, Ignored, "Milliseconds without a heartbeat after which a member leaves its streams group.", {{{"group.streams.session.timeout.ms"}}}},
};
// clang-format on

}  // namespace

std::span<const Option> group_options() { return table; }

}  // namespace odradek::config::detail
