// Who this node is, its quorum and its metadata log.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"broker.heartbeat.interval.ms", Int, "2000", anything, Medium, ReadOnly, Ignored, "Milliseconds between a broker's heartbeats to the controller."},
    {"broker.id", Int, ours("1", "-1"), anything, High, ReadOnly, Acts, "Older name of node.id."},
    {"broker.rack", String, null, anything, Medium, ReadOnly, Acts, "Rack or zone of this broker, used to spread replicas and to read from a near one."},
    {"broker.session.timeout.ms", Int, "9000", anything, Medium, ReadOnly, Ignored, "Milliseconds without a heartbeat after which a broker is fenced."},
    {"config.providers", List, "", elements, Low, ClusterWide, Ignored, ""},
    {"controlled.shutdown.enable", Boolean, "true", anything, Medium, ReadOnly, Ignored, "Whether a stopping broker first hands its leaderships over."},
    {"controller.listener.names", List, ours("CONTROLLER", "none, required"), some_elements, High, ReadOnly, Acts, "Names of the listeners used for talking to controllers."},
    {"controller.performance.always.log.threshold.ms", Long, "2000", at_least(0), Medium, Hidden, Ignored, ""},
    {"controller.performance.sample.period.ms", Long, "60000", at_least(100), Medium, Hidden, Ignored, ""},
    {"controller.quorum.append.linger.ms", Int, "25", at_least(0), Medium, ReadOnly, Ignored, ""},
    {"controller.quorum.auto.join.enable", Boolean, "false", anything, Low, ReadOnly, Ignored, ""},
    {"controller.quorum.bootstrap.servers", List, "", servers, High, ReadOnly, Acts, "Addresses of controllers to find the quorum by."},
    {"controller.quorum.election.backoff.max.ms", Int, "1000", at_least(0), High, ReadOnly, Ignored, ""},
    {"controller.quorum.election.timeout.ms", Int, "1000", at_least(0), High, ReadOnly, Ignored, "Milliseconds a candidate waits for votes before it tries again."},
    {"controller.quorum.fetch.max.bytes", Int, "1048576", at_least(1), Low, ReadOnly, Ignored, ""},
    {"controller.quorum.fetch.snapshot.max.bytes", Int, "1048576", at_least(1), Low, ReadOnly, Ignored, ""},
    {"controller.quorum.fetch.timeout.ms", Int, "2000", at_least(0), High, ReadOnly, Ignored, "Milliseconds without a successful fetch from the leader after which a voter stands for election."},
    {"controller.quorum.request.timeout.ms", Int, "2000", at_least(0), Medium, ReadOnly, Ignored, "Milliseconds that a request between controllers may take."},
    {"controller.quorum.retry.backoff.ms", Int, "20", at_least(0), Low, ReadOnly, Ignored, ""},
    {"controller.quorum.voters", List, "", voters, High, ReadOnly, Acts, "Controllers that vote, as id@host:port, in a quorum of fixed members."},
    {"controller.socket.timeout.ms", Int, "30000", anything, Medium, ReadOnly, Ignored, ""},
    {"initial.broker.registration.timeout.ms", Int, "60000", anything, Medium, ReadOnly, Ignored, "Milliseconds a starting broker waits to be registered before it gives up."},
    {"internal.metadata.delete.delay.millis", Long, "60000", anything, Low, Hidden, Ignored, ""},
    {"internal.metadata.log.segment.bytes", Int, null, anything, Low, Hidden, Ignored, "Metadata segment size without the lower bound of metadata.log.segment.bytes, for tests."},
    {"internal.metadata.max.batch.size.in.bytes", Int, "8388608", anything, Low, Hidden, Ignored, ""},
    {"metadata.log.dir", String, null, anything, High, ReadOnly, Acts, "Directory of the metadata log; unset, the first log directory."},
    {"metadata.log.max.record.bytes.between.snapshots", Long, "20971520", at_least(1), High, ReadOnly, Acts, "Bytes of metadata records after which a new snapshot is written."},
    {"metadata.log.max.snapshot.interval.ms", Long, "3600000", at_least(0), High, ReadOnly, Acts, "Longest time between two metadata snapshots in milliseconds; 0 is no limit."},
    {"metadata.log.segment.bytes", Int, "1073741824", at_least(8388608), High, ReadOnly, Acts, "Size of a metadata log segment at which a new one is begun."},
    {"metadata.log.segment.ms", Long, "604800000", anything, High, ReadOnly, Acts, "Age of a metadata log segment at which a new one is begun."},
    {"metadata.max.idle.interval.ms", Int, "500", at_least(0), Low, ReadOnly, Ignored, "Milliseconds between no-op records in an otherwise quiet metadata log; 0 writes none."},
    {"metadata.max.retention.bytes", Long, "104857600", anything, High, ReadOnly, Acts, "Bytes of metadata log and snapshots kept before old ones are deleted."},
    {"metadata.max.retention.ms", Long, "604800000", anything, High, ReadOnly, Ignored, "Milliseconds that old metadata segments and snapshots are kept."},
    {"node.id", Int, ours("1", "none, required"), at_least(0), High, ReadOnly, Acts, "This node's id in the cluster."},
    {"process.roles", List, ours("broker,controller", "none, required"), some_elements_of("broker, controller"), High, ReadOnly, Acts, "What this process is: broker, controller or both."},
    {"server.max.startup.time.ms", Long, "9223372036854775807", at_least(0), Medium, Hidden, Ignored, ""},
    {"unstable.api.versions.enable", Boolean, "false", anything, High, Hidden, Ignored, "Whether API versions that are not final are served."},
    {"unstable.feature.versions.enable", Boolean, "false", anything, High, Hidden, Ignored, "Whether feature levels that are not final may be used."},
};
// clang-format on

}  // namespace

std::span<const Option> broker_node_options() { return table; }

}  // namespace odradek::config::detail
