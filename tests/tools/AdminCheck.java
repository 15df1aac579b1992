import static java.util.Collections.singleton;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Every admin call that a broker without groups, transactions and security answers, through Apache Kafka's own
 * AdminClient; what is expected is what Apache Kafka 4.3.1 with one combined node answers.
 */
public final class AdminCheck {
    private static final int RECORDS = 100;

    private final Check check = new Check();
    private final Admin admin;
    private final String bootstrap;
    private final String topic = "admin-check-" + System.currentTimeMillis();
    private final ConfigResource topicResource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    private final long baseTime = System.currentTimeMillis() - 60_000;
    private Node node;
    private Uuid topicId;

    private AdminCheck(String bootstrap) {
        this.bootstrap = bootstrap;
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("request.timeout.ms", "10000");
        settings.put("default.api.timeout.ms", "20000");
        admin = Admin.create(settings);
    }

    public static void main(String[] arguments) {
        Check.equal(arguments[0], "--bootstrap", "the first argument");
        AdminCheck all = new AdminCheck(arguments[1]);
        all.run();
        all.admin.close(java.time.Duration.ofSeconds(2));
        System.exit(all.check.isGood ? 0 : 1);
    }

    private void run() {
        check.step("describeCluster", this::describeCluster);
        check.step("createTopics", this::createTopics);
        check.step("createTopics refused", this::createTopicsRefused);
        check.step("listTopics", this::listTopics);
        check.step("describeTopics", this::describeTopics);
        check.step("createPartitions", this::createPartitions);
        check.step("describeConfigs of a topic", this::describeTopicConfigs);
        check.step("describeConfigs of a broker", this::describeBrokerConfigs);
        check.step("incrementalAlterConfigs of a topic", this::alterTopicConfigs);
        check.step("incrementalAlterConfigs of a broker", this::alterBrokerConfigs);
        check.step("listConfigResources", this::listConfigResources);
        check.step("produce", this::produce);
        check.step("listOffsets", this::listOffsets);
        check.step("describeProducers", this::describeProducers);
        check.step("deleteRecords", this::deleteRecords);
        check.step("describeLogDirs", this::describeLogDirs);
        check.step("describeFeatures", this::describeFeatures);
        check.step("describeMetadataQuorum", this::describeMetadataQuorum);
        check.step("electLeaders", this::electLeaders);
        check.step("partition reassignments", this::reassignments);
        check.step("deleteTopics", this::deleteTopics);
    }

    private TopicPartition partition(int number) {
        return new TopicPartition(topic, number);
    }

    private void describeCluster() throws Exception {
        var cluster = admin.describeCluster();
        Collection<Node> nodes = cluster.nodes().get();
        Check.equal(nodes.size(), 1, "number of nodes");
        node = nodes.iterator().next();
        Check.equal(Integer.toString(node.port()), bootstrap.substring(bootstrap.lastIndexOf(':') + 1), "port");
        Check.equal(node.rack(), null, "rack");
        Check.equal(cluster.controller().get().id(), node.id(), "controller");
        Check.equal(cluster.clusterId().get().length(), 22, "length of the cluster id");
        Check.equal(cluster.authorizedOperations().get(), null, "authorized operations");
    }

    private void createTopics() throws Exception {
        NewTopic wanted = new NewTopic(topic, 3, (short) 1)
            .configs(Map.of("retention.ms", "86400000", "compression.type", "zstd"));
        admin.createTopics(singleton(wanted), new CreateTopicsOptions().validateOnly(true)).all().get();
        Check.isTrue(!admin.listTopics().names().get().contains(topic), "validating created the topic");
        CreateTopicsResult result = admin.createTopics(singleton(wanted));
        topicId = result.topicId(topic).get();
        Check.isTrue(!topicId.equals(Uuid.ZERO_UUID), "the topic has no id");
        Check.equal(result.numPartitions(topic).get(), 3, "partitions");
        Check.equal(result.replicationFactor(topic).get(), 1, "replication factor");
        Check.equal(result.config(topic).get().get("retention.ms").value(), "86400000", "retention.ms");
        Check.equal(result.config(topic).get().get("retention.ms").source(),
                    ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, "source of retention.ms");
    }

    private void createTopicsRefused() throws Exception {
        Check.fails(create(new NewTopic(topic, 1, (short) 1)), TopicExistsException.class, "already exists");
        Check.fails(create(new NewTopic("..", 1, (short) 1)), InvalidTopicException.class, "'..'");
        Check.fails(create(new NewTopic(topic + "-x", 0, (short) 1)), InvalidPartitionsException.class, "partitions");
        Check.fails(create(new NewTopic(topic + "-x", 1, (short) 2)), InvalidReplicationFactorException.class,
                    "replication factor");
        Check.fails(create(new NewTopic(topic + "-x", 1, (short) 1).configs(Map.of("no.such", "1"))),
                    InvalidConfigurationException.class, "no.such");
        Check.fails(create(new NewTopic(topic + "-x", Map.of(0, List.of(node.id()), 2, List.of(node.id())))),
                    InvalidReplicaAssignmentException.class, "");
    }

    private org.apache.kafka.common.KafkaFuture<Void> create(NewTopic wanted) {
        return admin.createTopics(singleton(wanted)).all();
    }

    private void listTopics() throws Exception {
        var listing = admin.listTopics().namesToListings().get().get(topic);
        Check.equal(listing.topicId(), topicId, "topic id");
        Check.equal(listing.isInternal(), false, "internal");
    }

    private void describeTopics() throws Exception {
        // By name this goes through DescribeTopicPartitions, in pages; by id through Metadata.
        TopicDescription byName = admin.describeTopics(TopicCollection.ofTopicNames(List.of(topic)),
            new DescribeTopicsOptions().partitionSizeLimitPerResponse(2)).topicNameValues().get(topic).get();
        TopicDescription byId = admin.describeTopics(TopicCollection.ofTopicIds(List.of(topicId))).topicIdValues()
            .get(topicId).get();
        for (TopicDescription description : List.of(byName, byId)) {
            Check.equal(description.name(), topic, "name");
            Check.equal(description.topicId(), topicId, "topic id");
            Check.equal(description.partitions().size(), 3, "partitions");
            for (TopicPartitionInfo info : description.partitions()) {
                Check.equal(info.leader().id(), node.id(), "leader");
                Check.equal(ids(info.replicas()), List.of(node.id()), "replicas");
                Check.equal(ids(info.isr()), List.of(node.id()), "in-sync replicas");
            }
        }
        Check.equal(byName.partitions().get(0).elr(), List.of(), "eligible leader replicas");
        Check.fails(admin.describeTopics(List.of(topic + "-x")).allTopicNames(),
                    UnknownTopicOrPartitionException.class, "");
        Check.fails(admin.describeTopics(TopicCollection.ofTopicIds(List.of(Uuid.randomUuid()))).allTopicIds(),
                    UnknownTopicIdException.class, "");
    }

    private static List<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).collect(Collectors.toList());
    }

    private void createPartitions() throws Exception {
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all().get();
        awaitPartitions(5);
        Check.fails(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all(),
                    InvalidPartitionsException.class, "5");
        Check.fails(admin.createPartitions(Map.of(topic + "-x", NewPartitions.increaseTo(4))).all(),
                    UnknownTopicOrPartitionException.class, "");
    }

    private void awaitPartitions(int wanted) throws Exception {
        for (int turn = 0; turn < 100; ++turn) {
            if (admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == wanted) {
                return;
            }
            Thread.sleep(50);
        }
        throw new IllegalStateException("the partitions do not become " + wanted);
    }

    private Config configOf(ConfigResource resource) throws Exception {
        return admin.describeConfigs(List.of(resource), new DescribeConfigsOptions().includeSynonyms(true)
            .includeDocumentation(true)).all().get().get(resource);
    }

    private void describeTopicConfigs() throws Exception {
        Config config = configOf(topicResource);
        Check.equal(config.entries().stream().map(ConfigEntry::name).collect(Collectors.toSet()), TOPIC_CONFIGS,
                    "names of topic configs");
        ConfigEntry retention = config.get("retention.ms");
        Check.equal(retention.value(), "86400000", "retention.ms");
        Check.equal(retention.type(), ConfigEntry.ConfigType.LONG, "type of retention.ms");
        Check.equal(retention.synonyms().get(0).name(), "retention.ms", "first synonym");
        Check.isTrue(retention.documentation() != null && !retention.documentation().isEmpty(), "no documentation");
        ConfigEntry segment = config.get("segment.bytes");
        Check.equal(segment.value(), "1073741824", "segment.bytes");
        Check.equal(segment.source(), ConfigEntry.ConfigSource.DEFAULT_CONFIG, "source of segment.bytes");
        Check.equal(segment.isDefault(), true, "default");
        Check.equal(config.get("cleanup.policy").type(), ConfigEntry.ConfigType.LIST, "type of cleanup.policy");
        ConfigResource unknown = new ConfigResource(ConfigResource.Type.TOPIC, topic + "-x");
        Check.fails(admin.describeConfigs(List.of(unknown)).all(), UnknownTopicOrPartitionException.class, "");
    }

    private static final Set<String> TOPIC_CONFIGS = Set.of(
        "cleanup.policy", "compression.gzip.level", "compression.lz4.level", "compression.type",
        "compression.zstd.level", "delete.retention.ms", "file.delete.delay.ms", "flush.messages", "flush.ms",
        "follower.replication.throttled.replicas", "index.interval.bytes", "leader.replication.throttled.replicas",
        "local.retention.bytes", "local.retention.ms", "max.compaction.lag.ms", "max.message.bytes",
        "message.timestamp.after.max.ms", "message.timestamp.before.max.ms", "message.timestamp.type",
        "min.cleanable.dirty.ratio", "min.compaction.lag.ms", "min.insync.replicas", "preallocate",
        "remote.log.copy.disable", "remote.log.delete.on.disable", "remote.storage.enable", "retention.bytes",
        "retention.ms", "segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms",
        "unclean.leader.election.enable");

    private ConfigResource broker() {
        return new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(node.id()));
    }

    private void describeBrokerConfigs() throws Exception {
        Config config = configOf(broker());
        Check.equal(config.get("node.id").value(), Integer.toString(node.id()), "node.id");
        Check.equal(config.get("node.id").isReadOnly(), true, "node.id is read-only");
        Check.equal(config.get("message.max.bytes").value(), "1048588", "message.max.bytes");
        Check.equal(config.get("message.max.bytes").isReadOnly(), false, "message.max.bytes is read-only");
        Check.equal(config.get("ssl.keystore.password").isSensitive(), true, "ssl.keystore.password is sensitive");
        Check.equal(config.get("ssl.keystore.password").value(), null, "ssl.keystore.password");
        Check.isTrue(config.entries().size() > 200, "only " + config.entries().size() + " broker configs");
    }

    private void alter(ConfigResource resource, AlterConfigOp.OpType operation, String key, String value)
        throws Exception {
        admin.incrementalAlterConfigs(Map.of(resource,
            List.of(new AlterConfigOp(new ConfigEntry(key, value), operation)))).all().get();
    }

    private void awaitConfig(ConfigResource resource, String key, String value, ConfigEntry.ConfigSource source)
        throws Exception {
        ConfigEntry entry = null;
        for (int turn = 0; turn < 100; ++turn) {
            entry = configOf(resource).get(key);
            if (value.equals(entry.value()) && source == entry.source()) {
                return;
            }
            Thread.sleep(50);
        }
        throw new IllegalStateException(key + " is " + entry.value() + " from " + entry.source());
    }

    private void alterTopicConfigs() throws Exception {
        alter(topicResource, AlterConfigOp.OpType.SET, "max.message.bytes", "2000000");
        awaitConfig(topicResource, "max.message.bytes", "2000000", ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        alter(topicResource, AlterConfigOp.OpType.DELETE, "max.message.bytes", "");
        awaitConfig(topicResource, "max.message.bytes", "1048588", ConfigEntry.ConfigSource.DEFAULT_CONFIG);
        alter(topicResource, AlterConfigOp.OpType.APPEND, "cleanup.policy", "compact");
        awaitConfig(topicResource, "cleanup.policy", "delete,compact", ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        alter(topicResource, AlterConfigOp.OpType.SUBTRACT, "cleanup.policy", "compact");
        awaitConfig(topicResource, "cleanup.policy", "delete", ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);
        alter(topicResource, AlterConfigOp.OpType.DELETE, "compression.type", "");
        awaitConfig(topicResource, "compression.type", "producer", ConfigEntry.ConfigSource.DEFAULT_CONFIG);
        Check.fails(admin.incrementalAlterConfigs(Map.of(topicResource, List.of(new AlterConfigOp(
            new ConfigEntry("retention.ms", "soon"), AlterConfigOp.OpType.SET)))).all(),
            InvalidConfigurationException.class, "retention.ms");
    }

    private void alterBrokerConfigs() throws Exception {
        ConfigResource all = new ConfigResource(ConfigResource.Type.BROKER, "");
        alter(all, AlterConfigOp.OpType.SET, "message.max.bytes", "3000000");
        awaitConfig(broker(), "message.max.bytes", "3000000",
                    ConfigEntry.ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);
        alter(broker(), AlterConfigOp.OpType.SET, "message.max.bytes", "4000000");
        awaitConfig(broker(), "message.max.bytes", "4000000", ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG);
        awaitConfig(topicResource, "max.message.bytes", "4000000", ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG);
        alter(broker(), AlterConfigOp.OpType.DELETE, "message.max.bytes", "");
        alter(all, AlterConfigOp.OpType.DELETE, "message.max.bytes", "");
        awaitConfig(broker(), "message.max.bytes", "1048588", ConfigEntry.ConfigSource.DEFAULT_CONFIG);
    }

    private void listConfigResources() throws Exception {
        Collection<ConfigResource> resources = admin.listConfigResources().all().get();
        Check.isTrue(resources.contains(topicResource), "the topic is missing");
        Check.isTrue(resources.contains(broker()), "the broker is missing");
        resources = admin.listConfigResources(Set.of(ConfigResource.Type.TOPIC),
            new org.apache.kafka.clients.admin.ListConfigResourcesOptions()).all().get();
        Check.isTrue(resources.contains(topicResource) && !resources.contains(broker()), "not the topics alone");
    }

    /** RECORDS records into partition 0, a second apart, the newest timestamp on the one before the last. */
    private void produce() throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap, "linger.ms", "50");
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < RECORDS; ++number) {
                long time = baseTime + (number == RECORDS - 2 ? 50_000 : number);
                producer.send(new ProducerRecord<>(topic, 0, time, "key", "value " + number));
            }
            producer.flush();
        }
    }

    private long offset(int partition, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(partition(partition), spec)).all().get().get(partition(partition)).offset();
    }

    private void listOffsets() throws Exception {
        Check.equal(offset(0, OffsetSpec.earliest()), 0L, "earliest");
        Check.equal(offset(0, OffsetSpec.latest()), (long) RECORDS, "latest");
        Check.equal(offset(0, OffsetSpec.maxTimestamp()), RECORDS - 2L, "max timestamp");
        Check.equal(offset(0, OffsetSpec.earliestLocal()), 0L, "earliest local");
        Check.equal(offset(0, OffsetSpec.latestTiered()), -1L, "latest tiered");
        Check.equal(offset(0, OffsetSpec.earliestPendingUpload()), -1L, "earliest pending upload");
        Check.equal(offset(0, OffsetSpec.forTimestamp(baseTime + 10)), 10L, "by time");
        Check.equal(offset(0, OffsetSpec.forTimestamp(baseTime + RECORDS)), RECORDS - 2L, "by a later time");
        Check.equal(offset(0, OffsetSpec.forTimestamp(baseTime + 60_000)), -1L, "by a time to come");
        Check.equal(offset(1, OffsetSpec.maxTimestamp()), -1L, "max timestamp of an empty partition");
        Check.equal(offset(1, OffsetSpec.latest()), 0L, "latest of an empty partition");
        var info = admin.listOffsets(Map.of(partition(0), OffsetSpec.maxTimestamp())).partitionResult(partition(0))
            .get();
        Check.equal(info.timestamp(), baseTime + 50_000, "max timestamp");
        Check.equal(info.leaderEpoch(), Optional.of(0), "leader epoch");
    }

    private void describeProducers() throws Exception {
        List<ProducerState> producers = admin.describeProducers(List.of(partition(0))).partitionResult(partition(0))
            .get().activeProducers();
        Check.equal(producers.size(), 1, "producers");
        ProducerState state = producers.get(0);
        Check.equal(state.producerEpoch(), 0, "epoch");
        Check.equal(state.lastSequence(), RECORDS - 1, "last sequence");
        Check.isTrue(state.currentTransactionStartOffset().isEmpty(), "a transaction");
        Check.isTrue(state.lastTimestamp() >= baseTime, "last timestamp " + state.lastTimestamp());
        Check.equal(admin.describeProducers(List.of(partition(1))).partitionResult(partition(1)).get()
            .activeProducers().size(), 0, "producers of an empty partition");
    }

    private void deleteRecords() throws Exception {
        var result = admin.deleteRecords(Map.of(partition(0), RecordsToDelete.beforeOffset(40)));
        Check.equal(result.lowWatermarks().get(partition(0)).get().lowWatermark(), 40L, "low watermark");
        Check.equal(offset(0, OffsetSpec.earliest()), 40L, "earliest");
        Check.fails(admin.deleteRecords(Map.of(partition(0), RecordsToDelete.beforeOffset(RECORDS + 1))).all(),
                    OffsetOutOfRangeException.class, "");
        result = admin.deleteRecords(Map.of(partition(0), RecordsToDelete.beforeOffset(-1)));
        Check.equal(result.lowWatermarks().get(partition(0)).get().lowWatermark(), (long) RECORDS, "low watermark");
    }

    private void describeLogDirs() throws Exception {
        Map<String, LogDirDescription> directories =
            admin.describeLogDirs(List.of(node.id())).descriptions().get(node.id()).get();
        Set<Integer> seen = new HashSet<>();
        for (Map.Entry<String, LogDirDescription> directory : directories.entrySet()) {
            Check.isTrue(directory.getKey().startsWith("/"), "no absolute path: " + directory.getKey());
            Check.equal(directory.getValue().error(), null, "error");
            Check.isTrue(directory.getValue().totalBytes().orElse(0) >= directory.getValue().usableBytes().orElse(1),
                         "the volume's sizes are missing");
            directory.getValue().replicaInfos().forEach((partition, info) -> {
                if (partition.topic().equals(topic)) {
                    seen.add(partition.partition());
                    Check.equal(info.isFuture(), false, "future");
                    Check.equal(info.offsetLag(), 0L, "lag");
                    Check.isTrue((info.size() > 0) == (partition.partition() == 0), "size " + info.size());
                }
            });
        }
        Check.equal(seen, IntStream.range(0, 5).boxed().collect(Collectors.toSet()), "partitions in the log dirs");
    }

    private void describeFeatures() throws Exception {
        FeatureMetadata features = admin.describeFeatures().featureMetadata().get();
        Map<String, List<Integer>> finalized = new HashMap<>();
        features.finalizedFeatures().forEach((name, range) ->
            finalized.put(name, List.of((int) range.minVersionLevel(), (int) range.maxVersionLevel())));
        Check.equal(finalized, FINALIZED, "finalized features");
        Check.equal(features.supportedFeatures().keySet(), FINALIZED.keySet(), "supported features");
        Check.isTrue(features.finalizedFeaturesEpoch().isPresent(), "no epoch of the finalized features");
    }

    private static final Map<String, List<Integer>> FINALIZED = Map.of(
        "metadata.version", List.of(30, 30), "kraft.version", List.of(1, 1), "transaction.version", List.of(2, 2),
        "group.version", List.of(1, 1), "eligible.leader.replicas.version", List.of(1, 1),
        "share.version", List.of(1, 1), "streams.version", List.of(1, 1));

    private void describeMetadataQuorum() throws Exception {
        QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
        Check.equal(quorum.leaderId(), node.id(), "leader");
        Check.isTrue(quorum.leaderEpoch() >= 1, "leader epoch " + quorum.leaderEpoch());
        Check.isTrue(quorum.highWatermark() > 0, "high watermark " + quorum.highWatermark());
        Check.equal(quorum.voters().size(), 1, "voters");
        Check.equal(quorum.voters().get(0).replicaId(), node.id(), "voter");
        Check.isTrue(!quorum.voters().get(0).replicaDirectoryId().equals(Uuid.ZERO_UUID), "no directory id");
        Check.equal(quorum.observers().size(), 0, "observers");
        Check.equal(quorum.nodes().keySet(), singleton(node.id()), "nodes");
    }

    private void electLeaders() throws Exception {
        for (ElectionType type : ElectionType.values()) {
            var answers = admin.electLeaders(type, Set.of(partition(0), new TopicPartition(topic + "-x", 0)))
                .partitions().get();
            Check.equal(answers.get(partition(0)).get().getClass(), ElectionNotNeededException.class, "answer");
            Check.equal(answers.get(new TopicPartition(topic + "-x", 0)).get().getClass(),
                        UnknownTopicOrPartitionException.class, "answer for an unknown topic");
        }
    }

    private void reassignments() throws Exception {
        Check.equal(admin.listPartitionReassignments().reassignments().get(), Collections.emptyMap(),
                    "reassignments");
        Check.fails(admin.alterPartitionReassignments(Map.of(partition(0), Optional.empty())).all(),
                    NoReassignmentInProgressException.class, "");
        Check.fails(admin.alterPartitionReassignments(Map.of(partition(0),
            Optional.of(new NewPartitionReassignment(List.of(node.id() + 7))))).all(),
            InvalidReplicaAssignmentException.class, "");
        admin.alterPartitionReassignments(Map.of(partition(0),
            Optional.of(new NewPartitionReassignment(List.of(node.id()))))).all().get();
    }

    private void deleteTopics() throws Exception {
        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(topicId))).all().get();
        for (int turn = 0; admin.listTopics().names().get().contains(topic); ++turn) {
            Check.isTrue(turn < 100, "the topic is still listed");
            TimeUnit.MILLISECONDS.sleep(50);
        }
        Check.fails(admin.deleteTopics(List.of(topic)).all(), UnknownTopicOrPartitionException.class, "");
        Check.fails(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(topicId))).all(),
                    UnknownTopicIdException.class, "");
    }
}
