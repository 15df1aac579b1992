import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Members of a group of each protocol, static ones among them, that live while brokers come and go. */
final class Members {
    private static final String TOPIC = "shared";
    private static final int PARTITIONS = 6;
    private static final List<String> GROUPS = List.of("of-classic", "of-consumer");
    private static final List<Member> MEMBERS = new ArrayList<>();
    private static final Map<String, Set<String>> READ = new ConcurrentHashMap<>();
    private static int sent;

    private Members() {
    }

    private static final class Member extends Thread {
        private final String group;
        private final KafkaConsumer<String, String> consumer;
        private volatile boolean isLeaving;
        private volatile Set<TopicPartition> assigned = Set.of();
        private volatile Throwable failure;

        Member(String bootstrap, String group, String protocol, String instance) {
            this.group = group;
            Properties options = new Properties();
            options.put("bootstrap.servers", bootstrap);
            options.put("group.id", group);
            options.put("group.protocol", protocol);
            options.put("auto.offset.reset", "earliest");
            options.put("enable.auto.commit", "false");
            options.put("reconnect.backoff.max.ms", "500");
            if (instance != null) options.put("group.instance.id", instance);
            consumer = new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer());
            consumer.subscribe(List.of(TOPIC));
            setDaemon(true);
        }

        @Override
        public void run() {
            try (consumer) {
                while (!isLeaving) {
                    var records = consumer.poll(Duration.ofMillis(100));
                    for (ConsumerRecord<String, String> record : records) READ.get(group).add(record.value());
                    if (!records.isEmpty()) commit();
                    assigned = Set.copyOf(consumer.assignment());
                }
            } catch (Throwable thrown) {
                failure = thrown;
            }
        }

        private void commit() {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (TopicPartition partition : consumer.assignment()) {
                offsets.put(partition, new OffsetAndMetadata(consumer.position(partition), "at " + sent));
            }
            consumer.commitSync(offsets);
        }
    }

    /** Two members in each group; returns when they share all. */
    static void begin(Admin admin, String bootstrap) throws Exception {
        admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
        for (String group : GROUPS) {
            READ.put(group, ConcurrentHashMap.newKeySet());
            for (String instance : new String[] {null, group + "-static"}) {
                MEMBERS.add(new Member(bootstrap, group, group.substring("of-".length()), instance));
                MEMBERS.get(MEMBERS.size() - 1).start();
            }
        }
        for (String group : GROUPS) {
            until(group + " shares " + TOPIC, () -> {
                List<TopicPartition> all = new ArrayList<>();
                MEMBERS.stream().filter(member -> member.group.equals(group)).forEach(member -> all.addAll(member.assigned));
                return all.size() == PARTITIONS && Set.copyOf(all).size() == PARTITIONS;
            });
        }
    }

    /** Writes some records; returns when both groups have read them, and committed that. */
    static void flow(Admin admin, String bootstrap) throws Exception {
        Set<String> wanted = new TreeSet<>();
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer())) {
            for (int number = 0; number < 300; ++number) {
                wanted.add("value-" + ++sent);
                producer.send(new ProducerRecord<>(TOPIC, sent % PARTITIONS, null, "value-" + sent));
            }
        }
        for (String group : GROUPS) {
            until(group + " reads all", () -> READ.get(group).containsAll(wanted));
            until(group + " commits all", () -> committed(admin, group) == sent);
        }
    }

    private static long committed(Admin admin, String group) throws Exception {
        return admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().values().stream()
            .mapToLong(OffsetAndMetadata::offset).sum();
    }

    /**
     * What the broker says of both groups. A classic member that saw the broker go may join once more when it is back:
     * it is waited for, and must get what it had.
     */
    static List<String> lines(Admin admin) throws Exception {
        List<String> lines = new ArrayList<>();
        for (String group : GROUPS) {
            ConsumerGroupDescription[] last = new ConsumerGroupDescription[1];
            until(group + " is stable", () -> {
                last[0] = describe(admin, group);
                return last[0].groupState().toString().equals("Stable");
            });
            ConsumerGroupDescription described = last[0];
            lines.add(group + ": " + described.type() + " epochs " + described.groupEpoch() + " "
                + described.targetAssignmentEpoch() + " by " + described.partitionAssignor());
            TreeMap<String, String> members = new TreeMap<>();
            for (MemberDescription member : described.members()) {
                members.put(member.consumerId(), "  " + member.consumerId() + " " + member.groupInstanceId() + " "
                    + member.clientId() + " " + member.host() + " epoch " + member.memberEpoch() + " reads "
                    + sorted(member.assignment().topicPartitions()));
            }
            lines.addAll(members.values());
            new TreeMap<>(Map.copyOf(byName(admin, group))).forEach((partition, offset) ->
                lines.add("  " + partition + " " + offset.offset() + " " + offset.leaderEpoch() + " " + offset.metadata()));
        }
        return lines;
    }

    private static Map<String, OffsetAndMetadata> byName(Admin admin, String group) throws Exception {
        Map<String, OffsetAndMetadata> named = new HashMap<>();
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get()
            .forEach((partition, offset) -> named.put(partition.toString(), offset));
        return named;
    }

    private static String sorted(Set<TopicPartition> partitions) {
        TreeSet<String> names = new TreeSet<>();
        partitions.forEach(partition -> names.add(partition.toString()));
        return names.toString();
    }

    private static ConsumerGroupDescription describe(Admin admin, String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    }

    static void leave() throws Exception {
        for (Member member : MEMBERS) member.isLeaving = true;
        for (Member member : MEMBERS) {
            member.join(20_000);
            if (member.failure != null) throw new IllegalStateException("a member of " + member.group + " failed", member.failure);
        }
    }

    private interface Holds {
        boolean now() throws Exception;
    }

    private static void until(String what, Holds holds) throws Exception {
        long end = System.nanoTime() + 50_000_000_000L;
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (holds.now()) return;
            } catch (java.util.concurrent.ExecutionException loading) {
                last = loading;  // the coordinator may not have loaded the group yet
            }
            for (Member member : MEMBERS) {
                if (member.failure != null) throw new IllegalStateException("a member of " + member.group + " failed", member.failure);
            }
            Thread.sleep(50);
        }
        throw new IllegalStateException("not in 50 s: " + what, last);
    }
}
