import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** A member with Apache Kafka's Java client, from 2.0 on. */
public final class Member {
    private static volatile boolean isLeaving = false;

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int at = 0; at + 1 < arguments.length; at += 2) {
            options.put(arguments[at], arguments[at + 1]);
        }
        String commit = options.get("--commit");
        Properties settings = new Properties();
        settings.put("bootstrap.servers", options.get("--bootstrap"));
        settings.put("group.id", options.get("--group"));
        settings.put("auto.offset.reset", "earliest");
        if ("consumer".equals(options.get("--protocol"))) {
            settings.put("group.protocol", "consumer");  // then the broker says how long a session is
        } else {
            settings.put("session.timeout.ms", options.get("--session-ms"));
            settings.put("heartbeat.interval.ms", "500");
        }
        settings.put("metadata.max.age.ms", "2000");
        settings.put("enable.auto.commit", String.valueOf(commit.equals("auto")));
        settings.put("auto.commit.interval.ms", "500");
        settings.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        settings.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        if (options.containsKey("--instance")) {
            settings.put("group.instance.id", options.get("--instance"));
        }
        CountDownLatch left = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            isLeaving = true;
            try {
                left.await();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }));
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            Listener listener = new Listener(consumer);
            String topic = options.get("--topic");
            if (topic.startsWith("^")) {
                consumer.subscribe(Pattern.compile(topic), listener);
            } else {
                consumer.subscribe(Collections.singletonList(topic), listener);
            }
            while (!isLeaving) {
                read(consumer, commit);
            }
            if (commit.equals("async")) {
                consumer.commitSync();
            }
        } finally {
            left.countDown();
        }
    }

    private static void read(KafkaConsumer<String, String> consumer, String commit) {
        ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
        StringBuilder said = new StringBuilder();
        for (ConsumerRecord<String, String> record : records) {
            said.append("{\"value\": \"").append(record.value()).append("\"}\n");
        }
        System.out.print(said);
        System.out.flush();
        if (records.isEmpty()) {
            return;
        }
        try {
            if (commit.equals("sync")) {
                consumer.commitSync();
            } else if (commit.equals("async")) {
                consumer.commitAsync();
            }
        } catch (KafkaException rebalanced) {
            // Whoever has the partitions now reads on from the last commit.
        }
    }

    private static final class Listener implements ConsumerRebalanceListener {
        private final KafkaConsumer<String, String> consumer;

        Listener(KafkaConsumer<String, String> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            say(Collections.emptyList());
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            say(consumer.assignment());
        }

        private static void say(Collection<TopicPartition> partitions) {
            System.out.println(partitions.stream()
                .map(partition -> "[\"" + partition.topic() + "\", " + partition.partition() + "]")
                .collect(Collectors.joining(", ", "{\"assigned\": [", "]}")));
            System.out.flush();
        }
    }
}
