import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Compacted topics of one partition: records that hide others, tombstones, transactions, producers that are gone. */
final class Dirty {
    private static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    private static final List<String> TOPICS = List.of("dirty-none", "dirty-gzip", "dirty-snappy", "dirty-lz4",
        "dirty-zstd", "dirty-tombstones", "dirty-transactions", "dirty-producers", "dirty-stamped", "dirty-both");
    private static final long STEP_MS = 1_000;

    private final String bootstrap;
    private final Random random = new Random(11);
    private long now;

    Dirty(String bootstrap, long baseTime) {
        this.bootstrap = bootstrap;
        this.now = baseTime;
    }

    void fill(Admin admin) throws Exception {
        List<NewTopic> topics = new ArrayList<>();
        for (String name : TOPICS) {
            Map<String, String> configs = new HashMap<>(Map.of("cleanup.policy", "compact", "segment.ms", "100000",
                "segment.bytes", "1048576", "min.cleanable.dirty.ratio", "0", "index.interval.bytes", "500",
                "max.message.bytes", "3000000"));
            if (name.equals("dirty-tombstones") || name.equals("dirty-transactions")) {
                configs.put("delete.retention.ms", "0");
            } else if (name.equals("dirty-stamped")) {
                configs.put("message.timestamp.type", "LogAppendTime");
            } else if (name.equals("dirty-both")) {
                configs.put("cleanup.policy", "compact,delete");
                configs.put("retention.ms", "-1");
            }
            topics.add(new NewTopic(name, 1, (short) 1).configs(configs));
        }
        admin.createTopics(topics).all().get();
        for (String codec : CODECS) {
            try (KafkaProducer<byte[], byte[]> producer = producer(codec, true, null)) {
                write(producer, "dirty-" + codec, 1_500, 60, 100, 10);
            }
        }
        try (KafkaProducer<byte[], byte[]> producer = producer("lz4", false, null)) {
            write(producer, "dirty-tombstones", 800, 50, 20, 3);
            write(producer, "dirty-both", 800, 50, 20, 5);
        }
        try (KafkaProducer<byte[], byte[]> producer = producer("none", false, null)) {
            write(producer, "dirty-stamped", 1_500, 40, 3_000, 7);
        }
        for (int i = 0; i < 8; i++) {
            try (KafkaProducer<byte[], byte[]> producer = producer(CODECS.get(i % 5), true, null)) {
                write(producer, "dirty-producers", 60, 15, 50, 9);
            }
        }
        transact();
        more(TOPICS);
    }

    /**
     * Interleaved transactions of three producers, some aborted. Their markers bear the time of day, so it is by size
     * that segments end here.
     */
    private void transact() throws Exception {
        List<KafkaProducer<byte[], byte[]>> producers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            producers.add(producer(i == 2 ? "gzip" : "none", true, "transactions-" + i));
            producers.get(i).initTransactions();
        }
        for (int round = 0; round < 10; round++) {
            for (KafkaProducer<byte[], byte[]> producer : producers) {
                producer.beginTransaction();
            }
            for (int part = 0; part < 2; part++) {
                for (KafkaProducer<byte[], byte[]> producer : producers) {
                    write(producer, "dirty-transactions", 7, 25, 18_000, 6);
                    producer.flush();
                }
            }
            for (int i = 0; i < 3; i++) {
                if ((round + i) % 3 == 0 || round == 9 && i == 1) {
                    producers.get(i).abortTransaction();
                } else {
                    producers.get(i).commitTransaction();
                }
            }
        }
        for (KafkaProducer<byte[], byte[]> producer : producers) {
            producer.close();
        }
    }

    /** For a second compaction, to several brokers alike: not where the broker's clock gives the timestamps. */
    void more() throws Exception {
        List<String> topics = new ArrayList<>(TOPICS);
        topics.remove("dirty-stamped");
        more(topics);
    }

    /** One record a batch, so that every broker is given the same batches; they leave the active segment behind. */
    private void more(List<String> topics) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer("none", false, null)) {
            for (String topic : topics) {
                boolean rollsBySize = topic.equals("dirty-transactions") || topic.equals("dirty-stamped");
                for (int i = 0; i < 4; i++) {
                    now += 150 * STEP_MS;
                    byte[] value = i == 2 ? null : bytes("later-" + i + (rollsBySize ? "x".repeat(400_000) : ""));
                    producer.send(new ProducerRecord<>(topic, 0, now, bytes("key-" + 3 * i), value)).get();
                }
            }
        }
    }

    /** Of `keys` keys; one record in `tombstones` deletes. */
    private void write(KafkaProducer<byte[], byte[]> producer, String topic, int count, int keys, int valueSize,
                       int tombstones) throws Exception {
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            now += STEP_MS;
            int key = random.nextInt(keys);
            byte[] value = random.nextInt(tombstones) == 0 ? null
                : bytes("value-" + i + "-" + "x".repeat(random.nextInt(valueSize)));
            ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, now,
                bytes("key-" + key + (key % 7 == 0 ? "k".repeat(300) : "")), value);
            if (key % 3 == 0) {
                record.headers().add("number", bytes("" + i)).add("none", null);
            }
            sent.add(producer.send(record));
            if (i % 40 == 39) {
                producer.flush();
            }
        }
        producer.flush();
        for (Future<RecordMetadata> one : sent) {
            one.get();
        }
    }

    private KafkaProducer<byte[], byte[]> producer(String codec, boolean idempotent, String transactionalId) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("compression.type", codec);
        settings.put("linger.ms", "20");
        settings.put("max.request.size", "3000000");
        settings.put("enable.idempotence", "" + idempotent);
        settings.put("max.in.flight.requests.per.connection", "1");
        if (transactionalId != null) {
            settings.put("transactional.id", transactionalId);
        }
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
