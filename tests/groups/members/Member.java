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

/** A member with Apache Kafka's Java client. */
public final class Member {
    private static volatile boolean isLeaving = false;
    private static String play = "";  // "seek" or "pause" until that was done
    private static long pausedUntil = 0;

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int at = 0; at + 1 < arguments.length; at += 2) {
            options.put(arguments[at], arguments[at + 1]);
        }
        String commit = options.get("--commit");
        play = options.getOrDefault("--play", "");
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
        ConsumerRecords<String, String> records = Polling.poll(consumer, 200);
        resumeInTime(consumer);
        if (commit.equals("before") && !records.isEmpty() && !isCommitted(consumer)) {
            return;  // whoever has the partitions now may have read them
        }
        StringBuilder said = new StringBuilder();
        for (ConsumerRecord<String, String> record : records) {
            said.append("{\"value\": \"").append(record.value()).append("\"}\n");
        }
        System.out.print(said);
        System.out.flush();
        if (records.isEmpty()) {
            return;
        }
        playOnce(consumer);
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

    private static boolean isCommitted(KafkaConsumer<String, String> consumer) {
        try {
            consumer.commitSync();
            return true;
        } catch (KafkaException rebalanced) {
            return false;
        }
    }

    private static void playOnce(KafkaConsumer<String, String> consumer) {
        if (play.equals("seek")) {
            consumer.seekToBeginning(consumer.assignment());
            System.out.println("{\"sought\": 0}");
        } else if (play.equals("pause")) {
            consumer.pause(consumer.assignment());
            pausedUntil = System.nanoTime() + 1_500_000_000L;
            System.out.println("{\"paused\": true}");
        }
        play = "";
    }

    private static void resumeInTime(KafkaConsumer<String, String> consumer) {
        if (pausedUntil != 0 && System.nanoTime() > pausedUntil) {
            pausedUntil = 0;
            System.out.println("{\"paused\": false}");
            consumer.resume(consumer.paused());
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
