import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** All that a broker serves, a line for each fact, so that two brokers on the same data can be compared. */
final class Shown {
    private static final int PATIENCE_MS = 20_000;

    private final Admin admin;
    private final String bootstrap;
    private final List<String> lines = new ArrayList<>();

    Shown(Admin admin, String bootstrap) {
        this.admin = admin;
        this.bootstrap = bootstrap;
    }

    static Admin admin(String bootstrap) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("default.api.timeout.ms", PATIENCE_MS);
        settings.put("request.timeout.ms", PATIENCE_MS / 2);
        return Admin.create(settings);
    }

    List<String> lines() throws Exception {
        lines.add("cluster " + admin.describeCluster().clusterId().get());
        new TreeMap<>(admin.describeFeatures().featureMetadata().get().finalizedFeatures())
            .forEach((name, levels) -> lines.add("feature " + name + " " + levels.maxVersionLevel()));
        configs(new ConfigResource(ConfigResource.Type.BROKER, ""),
                ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
        configs(new ConfigResource(ConfigResource.Type.BROKER, "1"), ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG);
        for (TopicDescription topic : sortedTopics()) {
            lines.add("topic " + topic.name() + " id " + topic.topicId());
            configs(new ConfigResource(ConfigResource.Type.TOPIC, topic.name()),
                    ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        }
        producers(records("read_uncommitted", ""));
        records("read_committed", "committed ");
        return lines;
    }

    private List<TopicDescription> sortedTopics() throws Exception {
        Collection<String> names = admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        List<TopicDescription> topics = new ArrayList<>(admin.describeTopics(names).allTopicNames().get().values());
        topics.sort(Comparator.comparing(TopicDescription::name));
        return topics;
    }

    private List<TopicPartition> sortedPartitions() throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        for (TopicDescription topic : sortedTopics()) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                partitions.add(new TopicPartition(topic.name(), partition.partition()));
            }
        }
        return partitions;
    }

    private void configs(ConfigResource resource, ConfigEntry.ConfigSource source) throws Exception {
        admin.describeConfigs(Collections.singleton(resource)).all().get().get(resource).entries().stream()
            .filter(entry -> entry.source() == source)
            .map(entry -> "config " + resource.type() + " " + resource.name() + " " + entry.name() + "="
                     + entry.value())
            .sorted().forEach(lines::add);
    }

    /** Returns the partitions that have some. */
    private List<TopicPartition> records(String isolation, String prefix) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("enable.auto.commit", "false");
        settings.put("isolation.level", isolation);
        settings.put("auto.offset.reset", "none");
        settings.put("max.poll.records", "100000");
        settings.put("default.api.timeout.ms", PATIENCE_MS);
        Map<TopicPartition, List<String>> read = new TreeMap<>(
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition));
        try (KafkaConsumer<byte[], byte[]> consumer =
                 new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = sortedPartitions();
            Map<TopicPartition, Long> starts = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            starts.forEach(consumer::seek);
            for (TopicPartition partition : partitions) {
                read.computeIfAbsent(partition, p -> new ArrayList<>())
                    .add("from " + starts.get(partition) + " to " + ends.get(partition));
            }
            long deadline = System.currentTimeMillis() + PATIENCE_MS;
            while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
                if (System.currentTimeMillis() > deadline) {
                    throw new IllegalStateException("records are not served to the end");
                }
                consumer.poll(Duration.ofMillis(200)).forEach(
                    record -> read.get(new TopicPartition(record.topic(), record.partition())).add(text(record)));
            }
        }
        read.forEach((partition, texts) -> texts.forEach(text -> lines.add(prefix + partition + " " + text)));
        return read.keySet().stream().filter(partition -> read.get(partition).size() > 1).collect(Collectors.toList());
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        StringBuilder text = new StringBuilder("@" + record.offset() + " " + record.timestampType() + " "
            + record.timestamp() + " epoch " + record.leaderEpoch().orElse(-1) + " " + text(record.key()) + "="
            + text(record.value()));
        for (Header header : record.headers()) {
            text.append(' ').append(header.key()).append(':').append(text(header.value()));
        }
        return text.toString();
    }

    private static String text(byte[] bytes) {
        if (bytes == null) {
            return "null";
        }
        if (bytes.length <= 40) {
            return Arrays.toString(bytes);
        }
        CRC32 sum = new CRC32();
        sum.update(bytes);
        return bytes.length + " bytes, sum " + sum.getValue();
    }

    /** Of the partitions that have records: Kafka forgets the producers of others when it starts. */
    private void producers(List<TopicPartition> partitions) throws Exception {
        var described = admin.describeProducers(partitions);
        for (TopicPartition partition : partitions) {
            described.partitionResult(partition).get().activeProducers().stream()
                .sorted(Comparator.comparingLong(ProducerState::producerId))
                .map(state -> "producer " + partition + " " + state.producerId() + " epoch " + state.producerEpoch()
                    + " sequence " + state.lastSequence() + " at " + state.lastTimestamp())
                .forEach(lines::add);
        }
    }
}
