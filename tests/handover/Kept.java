import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What a broker may keep without acting on it, and one idempotent producer that lives while brokers come and go. */
final class Kept {
    private static final String GROUP = "elder";
    private static final TopicPartition HELD = new TopicPartition("held", 0);
    private static KafkaProducer<byte[], byte[]> producer;
    private static int sent;
    private static long producerId = -1;
    private static int rolledUpToMinute = -185;  // of now; what Fill writes is older

    private Kept() {
    }

    /** Users, rights, quotas, options of clients and groups, offsets of a group. */
    static void administer(Admin admin) throws Exception {
        admin.alterUserScramCredentials(List.of(
            new UserScramCredentialUpsertion("alice", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), "a"),
            new UserScramCredentialUpsertion("bob", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192), "b")))
            .all().get();
        admin.createAcls(List.of(
            right(ResourceType.TOPIC, "by-time", PatternType.LITERAL, AclOperation.READ, AclPermissionType.ALLOW),
            right(ResourceType.TOPIC, "codec-", PatternType.PREFIXED, AclOperation.WRITE, AclPermissionType.DENY),
            right(ResourceType.GROUP, "*", PatternType.LITERAL, AclOperation.ALL, AclPermissionType.ALLOW))).all().get();
        admin.alterClientQuotas(List.of(
            quota(Map.of(ClientQuotaEntity.USER, "alice", ClientQuotaEntity.CLIENT_ID, "c"), "producer_byte_rate", 1e6),
            quota(Collections.singletonMap(ClientQuotaEntity.USER, null), "consumer_byte_rate", 2.5e6),
            quota(Map.of(ClientQuotaEntity.IP, "127.0.0.2"), "connection_creation_rate", 17))).all().get();
        admin.incrementalAlterConfigs(Map.of(
            new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "metrics"), set("interval.ms", "12345"),
            new ConfigResource(ConfigResource.Type.GROUP, GROUP), set("consumer.session.timeout.ms", "46000")))
            .all().get();
        admin.alterConsumerGroupOffsets(GROUP, Map.of(new TopicPartition("by-time", 0),
            new OffsetAndMetadata(7, "told"))).all().get();
    }

    static List<String> lines(Admin admin) throws Exception {
        List<String> lines = new ArrayList<>();
        new TreeMap<>(admin.describeUserScramCredentials().all().get()).forEach((n, user) -> lines.add("user " + user));
        for (AclBinding right : admin.describeAcls(AclBindingFilter.ANY).values().get()) {
            lines.add("right " + right);
        }
        admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get()
            .forEach((entity, limits) -> lines.add("quota " + new TreeMap<>(entity.entries()) + " " + limits));
        for (ConfigResource resource : List.of(new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "metrics"),
                                               new ConfigResource(ConfigResource.Type.GROUP, GROUP))) {
            admin.describeConfigs(List.of(resource)).all().get().get(resource).entries().stream()
                .filter(entry -> !entry.isDefault())
                .forEach(entry -> lines.add("option " + resource + " " + entry.name() + "=" + entry.value()));
        }
        admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata().get()
            .forEach((partition, offset) -> lines.add("offset " + partition + " " + offset));
        Collections.sort(lines);
        return lines;
    }

    /** Begins an idempotent producer on a topic of its own. */
    static void hold(Admin admin, String bootstrap) throws Exception {
        admin.createTopics(List.of(new NewTopic(HELD.topic(), 1, (short) 1))).all().get();
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("linger.ms", 0);
        settings.put("reconnect.backoff.max.ms", 200);
        producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
        goOn();
    }

    /** The same producer writes five more, and the broker knows it as one that has never begun anew. */
    static void goOn() throws Exception {
        for (int n = 0; n < 5; ++n) {
            producer.send(new ProducerRecord<>(HELD.topic(), 0, null, text("held " + sent))).get();
            ++sent;
        }
    }

    static void checkHeld(Admin admin) throws Exception {
        var states = admin.describeProducers(List.of(HELD)).partitionResult(HELD).get().activeProducers();
        if (producerId < 0) {
            producerId = states.get(0).producerId();  // nobody else has written yet
        }
        if (states.stream().noneMatch(state -> state.producerId() == producerId && state.producerEpoch() == 0
                                                   && state.lastSequence() == sent - 1)) {
            throw new IllegalStateException(sent + " records of producer " + producerId + ", and not in " + states);
        }
    }

    /** Records so far apart that segments roll by time. */
    static void roll(String bootstrap) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        try (KafkaProducer<byte[], byte[]> one =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int n = 0; n < 2; ++n) {
                long time = System.currentTimeMillis() + (rolledUpToMinute += 25) * 60_000L;
                one.send(new ProducerRecord<>("by-time", 0, time, text("roll"), text("rolled " + n))).get();
            }
        }
    }

    private static AclBinding right(ResourceType type, String name, PatternType pattern, AclOperation operation,
                                    AclPermissionType permission) {
        return new AclBinding(new ResourcePattern(type, name, pattern),
                              new AccessControlEntry("User:alice", "*", operation, permission));
    }

    private static ClientQuotaAlteration quota(Map<String, String> entity, String name, double limit) {
        return new ClientQuotaAlteration(new ClientQuotaEntity(entity),
                                         List.of(new ClientQuotaAlteration.Op(name, limit)));
    }

    private static List<AlterConfigOp> set(String name, String value) {
        return List.of(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
