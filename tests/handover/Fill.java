import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Topics of every sort that the files of a broker can hold, and records in them. */
final class Fill {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    // All records stay younger than a day, when a broker that starts forgets their producers.
    private static final long SPAN_MS = 1_200_000;
    private static final int RECORDS = 300;

    private final Admin admin;
    private final String bootstrap;
    private final long baseTime = System.currentTimeMillis() - 13 * 3 * SPAN_MS;
    private final Random random = new Random(7);

    Fill(Admin admin, String bootstrap) {
        this.admin = admin;
        this.bootstrap = bootstrap;
    }

    void run() throws Exception {
        for (String codec : CODECS) {
            create("codec-" + codec, 3, Map.of("index.interval.bytes", "200"));
            write("codec-" + codec, 3, codec, true, RECORDS, 20, 1_000);
        }
        create("by-size", 2, Map.of("segment.bytes", "1048576", "index.interval.bytes", "1000"));
        write("by-size", 2, "none", true, 3 * RECORDS, 8_000, 1_000);
        create("by-time", 1, Map.of("segment.ms", "" + SPAN_MS));
        write("by-time", 1, "lz4", true, 30, 50, SPAN_MS + 60_000);
        create("append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        write("append-time", 1, "zstd", true, RECORDS, 30, 1_000);
        create("recompressed", 1, Map.of("compression.type", "zstd"));
        write("recompressed", 1, "none", false, RECORDS, 100, 1_000);
        create("compacted", 1, Map.of("cleanup.policy", "compact"));
        write("compacted", 1, "none", true, RECORDS, 30, 1_000);
        create("empty", 20, Map.of());
        trimmed();
        grown();
        replaced();
        configured();
    }

    /** Whole segments are deleted, up to the middle of a segment; one partition up to its end. */
    private void trimmed() throws Exception {
        create("trimmed", 2, Map.of("segment.ms", "" + 5 * SPAN_MS));
        write("trimmed", 2, "gzip", true, 70, 50, SPAN_MS / 2);
        admin.deleteRecords(Map.of(new TopicPartition("trimmed", 0), RecordsToDelete.beforeOffset(17),
                                   new TopicPartition("trimmed", 1), RecordsToDelete.beforeOffset(-1))).all().get();
    }

    private void grown() throws Exception {
        create("grown", 1, Map.of());
        admin.createPartitions(Map.of("grown", NewPartitions.increaseTo(4))).all().get();
        awaitLeaders("grown", 4);
        write("grown", 4, "snappy", true, RECORDS, 30, 1_000);
    }

    /** A topic that was deleted and made anew, and one that stays deleted. */
    private void replaced() throws Exception {
        create("replaced", 2, Map.of());
        create("gone", 2, Map.of());
        write("replaced", 2, "none", true, 10, 10, 1);
        write("gone", 2, "none", true, 10, 10, 1);
        admin.deleteTopics(List.of("replaced", "gone")).all().get();
        create("replaced", 2, Map.of());
        write("replaced", 2, "none", false, 20, 10, 1);
    }

    private void configured() throws Exception {
        create("configured", 1, Map.of("retention.ms", "864000000", "max.message.bytes", "2000000"));
        alter(new ConfigResource(ConfigResource.Type.TOPIC, "configured"), List.of(
            new AlterConfigOp(new ConfigEntry("retention.bytes", "123456789"), AlterConfigOp.OpType.SET),
            new AlterConfigOp(new ConfigEntry("max.message.bytes", ""), AlterConfigOp.OpType.DELETE),
            new AlterConfigOp(new ConfigEntry("cleanup.policy", "compact"), AlterConfigOp.OpType.APPEND)));
        alter(new ConfigResource(ConfigResource.Type.BROKER, ""), List.of(
            new AlterConfigOp(new ConfigEntry("log.retention.ms", "604800001"), AlterConfigOp.OpType.SET)));
        alter(new ConfigResource(ConfigResource.Type.BROKER, "1"), List.of(
            new AlterConfigOp(new ConfigEntry("log.roll.ms", "604800002"), AlterConfigOp.OpType.SET)));
        write("configured", 1, "none", true, 10, 10, 1);
    }

    private void alter(ConfigResource resource, Collection<AlterConfigOp> operations) throws Exception {
        admin.incrementalAlterConfigs(Collections.singletonMap(resource, operations)).all().get();
    }

    private void create(String name, int partitions, Map<String, String> configs) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configs))).all().get();
        awaitLeaders(name, partitions);
    }

    /**
     * Apache Kafka answers before the partitions are led, and an idempotent producer that comes too early sometimes
     * never gets its first batch through.
     */
    private void awaitLeaders(String topic, int partitions) throws Exception {
        Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
        for (int n = 0; n < partitions; ++n) {
            ends.put(new TopicPartition(topic, n), OffsetSpec.latest());
        }
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (true) {
            try {
                admin.listOffsets(ends).all().get();
                return;
            } catch (ExecutionException notYet) {
                if (!(notYet.getCause() instanceof RetriableException) || System.nanoTime() > deadline) {
                    throw notYet;
                }
            }
            Thread.sleep(20);
        }
    }

    /** Some records more for every topic. */
    void append(String tag) throws Exception {
        Collection<String> names = admin.listTopics().names().get();
        for (TopicDescription topic : admin.describeTopics(names).allTopicNames().get().values()) {
            String codec = CODECS.get(random.nextInt(CODECS.size()));
            write(topic.name(), topic.partitions().size(), codec, true, 40, 30, 1_000, tag);
        }
    }

    /** Every other transaction is aborted. The last ones carry offsets of a group. */
    void transact(String tag) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("transactional.id", "transact");
        settings.put("compression.type", "zstd");
        create("transactions", 2, Map.of());
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            for (int n = 0; n < 10; ++n) {
                producer.beginTransaction();
                for (int m = 0; m < 6; ++m) {
                    producer.send(
                        new ProducerRecord<>("transactions", m % 2, bytes(tag + "-" + n), bytes("value " + m)));
                }
                if (n >= 8) {
                    producer.sendOffsetsToTransaction(
                        Map.of(new TopicPartition("by-time", 0), new OffsetAndMetadata(n)),
                        new ConsumerGroupMetadata("group"));
                }
                if (n % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
    }

    private void write(String topic, int partitions, String codec, boolean isIdempotent, int count, int valueSize,
                       long stepMs) throws Exception {
        write(topic, partitions, codec, isIdempotent, count, valueSize, stepMs, "first");
    }

    private void write(String topic, int partitions, String codec, boolean isIdempotent, int count, int valueSize,
                       long stepMs, String tag) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("compression.type", codec);
        settings.put("enable.idempotence", isIdempotent);
        settings.put("acks", isIdempotent ? "all" : "1");
        settings.put("batch.size", 2_000);
        settings.put("delivery.timeout.ms", 60_000);
        settings.put("request.timeout.ms", 10_000);
        settings.put("linger.ms", 2);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int n = 0; n < count; ++n) {
                byte[] value = new byte[valueSize];
                random.nextBytes(value);
                boolean isCompacted = topic.equals("compacted") || topic.equals("configured");
                byte[] key = n % 5 == 4 && !isCompacted ? null : bytes(tag + "-" + n);
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                    topic, n % partitions, baseTime + n * stepMs, key, n % 7 == 6 ? null : value);
                for (int h = 0; h < n % 3; ++h) {
                    record.headers().add("h" + h, h == 1 ? null : bytes("header " + n));
                }
                sent.add(producer.send(record));
                if (stepMs > SPAN_MS / 4) {
                    producer.flush();  // a segment rolls by time only between batches
                }
            }
            for (Future<RecordMetadata> one : sent) {
                one.get();
            }
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
