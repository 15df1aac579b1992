// Listeners, connections, requests, quotas and metrics.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"advertised.listeners", List, null, some_elements, High, ReadOnly, Acts, "Addresses told to clients; unset, those of listeners."},
    {"background.threads", Int, "10", at_least(1), High, ClusterWide, Ignored, "Threads for background work."},
    {"client.quota.callback.class", Class, null, anything, Low, ReadOnly, Ignored, "Class that decides client quotas."},
    {"connections.max.idle.ms", Long, "600000", anything, Medium, ReadOnly, Acts, "Milliseconds of silence after which a connection is closed."},
    {"controller.quota.window.num", Int, "11", at_least(1), Low, ReadOnly, Ignored, "Samples kept to measure the rate of controller changes."},
    {"controller.quota.window.size.seconds", Int, "1", at_least(1), Low, ReadOnly, Ignored, "Seconds of each sample of controller changes."},
    {"delete.records.purgatory.purge.interval.requests", Int, "1", anything, Medium, ReadOnly, Ignored, "No meaning here: waiting requests are not kept in a purgatory."},
    {"early.start.listeners", List, null, elements, High, ReadOnly, Ignored, "Listeners that open before the broker has caught up with the metadata."},
    {"fetch.max.bytes", Int, "57671680", at_least(1024), Medium, ReadOnly, Acts, "Most bytes that one fetch answers with."},
    {"fetch.purgatory.purge.interval.requests", Int, "1000", anything, Medium, ReadOnly, Ignored, "No meaning here: waiting requests are not kept in a purgatory."},
    {"inter.broker.listener.name", String, null, anything, Medium, ReadOnly, Acts, "Listener that brokers use among themselves."},
    {"kafka.metrics.polling.interval.secs", Int, "10", at_least(1), Low, ReadOnly, Ignored, ""},
    {"kafka.metrics.reporters", List, "", elements, Low, ReadOnly, Ignored, ""},
    {"listener.security.protocol.map", String, "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", anything, Low, PerBroker, Acts, "Security protocol of each listener name, as name:protocol pairs."},
    {"listeners", List, ours("PLAINTEXT://localhost:9092", "PLAINTEXT://:9092"), some_elements, High, PerBroker, Acts, "Where the broker listens, as name://host:port; an empty host is every address, localhost both loopback addresses."},
    {"max.connection.creation.rate", Int, "2147483647", at_least(0), Medium, ClusterWide, Acts, "New connections accepted in a second at most."},
    {"max.connections", Int, "2147483647", at_least(0), Medium, ClusterWide, Acts, "Connections open at most on this broker."},
    {"max.connections.per.ip", Int, "2147483647", at_least(0), Medium, ClusterWide, Acts, "Connections open at most from one address."},
    {"max.connections.per.ip.overrides", String, "", anything, Medium, ClusterWide, Acts, "Limits of connections for single addresses, as host:count pairs."},
    {"max.incremental.fetch.session.cache.slots", Int, "1000", at_least(0), Medium, ReadOnly, Acts, "Incremental fetch sessions kept at most."},
    {"max.request.partition.size.limit", Int, "2000", at_least(1), Medium, ReadOnly, Acts, "Most partitions that one DescribeTopicPartitions answer holds."},
    {"metric.reporters", List, "org.apache.kafka.common.metrics.JmxReporter", elements, Low, ClusterWide, Ignored, ""},
    {"metrics.num.samples", Int, "2", at_least(1), Low, ReadOnly, Ignored, ""},
    {"metrics.recording.level", String, "INFO", anything, Low, ReadOnly, Ignored, ""},
    {"metrics.sample.window.ms", Long, "30000", at_least(1), Low, ReadOnly, Ignored, ""},
    {"num.io.threads", Int, "8", at_least(1), High, ClusterWide, Ignored, "Request threads in Kafka; here each shard serves its own requests."},
    {"num.network.threads", Int, "3", at_least(1), High, ClusterWide, Ignored, "Network threads in Kafka; here each shard serves its own connections."},
    {"producer.purgatory.purge.interval.requests", Int, "1000", anything, Medium, ReadOnly, Ignored, "No meaning here: waiting requests are not kept in a purgatory."},
    {"queued.max.request.bytes", Long, "-1", anything, Medium, ReadOnly, Acts, "Bytes of requests in flight, and of large replies, before reading from sockets pauses; -1 is 512 MiB."},
    {"queued.max.requests", Int, "500", at_least(1), High, ReadOnly, Ignored, "Requests waiting for a request thread before reading from sockets pauses."},
    {"quota.window.num", Int, "11", at_least(1), Low, ReadOnly, Ignored, "Samples kept to measure client quotas."},
    {"quota.window.size.seconds", Int, "1", at_least(1), Low, ReadOnly, Ignored, "Seconds of each sample of client quotas."},
    {"request.timeout.ms", Int, "30000", anything, High, ReadOnly, Ignored, "Milliseconds that the broker's own requests may take."},
    {"security.inter.broker.protocol", String, "PLAINTEXT", one_of("PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"), Medium, ReadOnly, Acts, "Security protocol between brokers when inter.broker.listener.name is not set."},
    {"share.fetch.purgatory.purge.interval.requests", Int, "1000", anything, Medium, ReadOnly, Ignored, "No meaning here: waiting requests are not kept in a purgatory."},
    {"socket.connection.setup.timeout.max.ms", Long, "30000", anything, Medium, ReadOnly, Ignored, ""},
    {"socket.connection.setup.timeout.ms", Long, "10000", anything, Medium, ReadOnly, Ignored, ""},
    {"socket.listen.backlog.size", Int, "50", at_least(1), Medium, ReadOnly, Acts, "Connections that may wait to be accepted."},
    {"socket.receive.buffer.bytes", Int, "102400", anything, High, ReadOnly, Acts, "Receive buffer of server sockets (SO_RCVBUF); -1 leaves it to the system."},
    {"socket.request.max.bytes", Int, "104857600", at_least(1), High, ReadOnly, Acts, "Largest request accepted, in bytes; a larger one closes its connection."},
    {"socket.send.buffer.bytes", Int, "102400", anything, High, ReadOnly, Acts, "Send buffer of server sockets (SO_SNDBUF); -1 leaves it to the system."},
    {"telemetry.max.bytes", Int, "1048576", at_least(1), Low, ReadOnly, Ignored, "Largest push of client metrics accepted, in bytes."},
};
// clang-format on

}  // namespace

std::span<const Option> broker_network_options() { return table; }

}  // namespace odradek::config::detail
