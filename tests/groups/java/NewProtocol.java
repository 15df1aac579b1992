import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Groups of the consumer protocol (KIP-848), and groups that change between it and the classic one, with Kafka's own consumer. */
public final class NewProtocol {
    private final String bootstrap;
    private final Check check = new Check();
    private final String mark = Long.toString(System.nanoTime(), 36);
    private int produced = 0;

    private NewProtocol(String bootstrap) {
        this.bootstrap = bootstrap;
    }

    public static void main(String[] args) throws Exception {
        NewProtocol all = new NewProtocol(args[List.of(args).indexOf("--bootstrap") + 1]);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", all.bootstrap))) {
            all.play(admin);
        }
        System.exit(all.check.isGood ? 0 : 1);
    }

    /** A consumer on a thread of its own that remembers what it read, and says what it has. */
    private final class Member implements AutoCloseable {
        final Consumer<String, String> consumer;
        final Map<String, Integer> read;
        volatile Set<TopicPartition> has = Set.of();
        final AtomicBoolean isStuck = new AtomicBoolean();
        private final AtomicBoolean stop = new AtomicBoolean();
        private volatile Throwable failure;
        private final Thread thread;

        Member(String group, String protocol, Map<String, Integer> read, String topic, String... more) {
            this(group, protocol, read, consumer -> consumer.subscribe(List.of(topic)), more);
        }

        Member(String group, String protocol, Map<String, Integer> read,
               java.util.function.Consumer<Consumer<String, String>> subscribe, String... more) {
            Properties options = new Properties();
            options.put("bootstrap.servers", bootstrap);
            options.put("group.id", group);
            options.put("group.protocol", protocol);
            options.put("auto.offset.reset", "earliest");
            options.put("enable.auto.commit", "false");
            options.put("metadata.max.age.ms", "2000");
            if (protocol.equals("classic")) options.put("heartbeat.interval.ms", "300");
            for (int i = 0; i < more.length; i += 2) options.put(more[i], more[i + 1]);
            this.read = read;
            consumer = new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer());
            subscribe.accept(consumer);
            thread = new Thread(this::run);
            thread.start();
        }

        private void run() {
            try (consumer) {
                while (!stop.get()) {
                    if (isStuck.get()) {
                        Thread.sleep(50);
                        continue;
                    }
                    var records = consumer.poll(Duration.ofMillis(100));
                    for (ConsumerRecord<String, String> record : records) read.merge(record.value(), 1, Integer::sum);
                    if (!records.isEmpty()) {
                        try {
                            consumer.commitSync();
                        } catch (org.apache.kafka.clients.consumer.CommitFailedException
                                 | org.apache.kafka.common.errors.RebalanceInProgressException moved) {
                            // Somebody else reads these again: at least once.
                        }
                    }
                    has = Set.copyOf(consumer.assignment());
                }
            } catch (Throwable thrown) {
                failure = thrown;
            }
        }

        @Override
        public void close() throws Exception {
            stop.set(true);
            thread.join(20_000);
            if (failure != null) throw new IllegalStateException("a consumer failed", failure);
        }
    }

    private interface Holds {
        boolean now() throws Exception;
    }

    private static void eventually(String what, Holds holds) throws Exception {
        long end = System.nanoTime() + 40_000_000_000L;
        while (!holds.now()) {
            if (System.nanoTime() > end) throw new IllegalStateException("not in 40 s: " + what);
            Thread.sleep(50);
        }
    }

    private static boolean shared(int partitions, Member... members) {
        Set<TopicPartition> all = new HashSet<>();
        int count = 0;
        for (Member member : members) {
            if (member.has.isEmpty() && partitions >= members.length) return false;
            all.addAll(member.has);
            count += member.has.size();
        }
        return count == partitions && all.size() == partitions;
    }

    private Set<String> produce(String topic, int count) throws Exception {
        Set<String> values = new TreeSet<>();
        Properties options = new Properties();
        options.put("bootstrap.servers", bootstrap);
        try (KafkaProducer<String, String> producer =
                 new KafkaProducer<>(options, new StringSerializer(), new StringSerializer())) {
            for (int i = 0; i < count; i++) {
                String value = "v" + produced++;
                values.add(value);
                producer.send(new ProducerRecord<>(topic, value, value));
            }
        }
        return values;
    }

    private ConsumerGroupDescription describe(Admin admin, String group) throws Exception {
        return admin.describeConsumerGroups(List.of(group)).all().get().get(group);
    }

    private void play(Admin admin) throws Exception {
        String topic = "new-" + mark, other = "newer-" + mark;
        check.step("create topics", () ->
            admin.createTopics(List.of(new NewTopic(topic, 6, (short) 1), new NewTopic(other, 2, (short) 1))).all().get());
        check.step("two and five members", () -> grow(admin, topic));
        check.step("a regular expression follows the topics", () -> regex(admin));
        check.step("a static member returns without a rebalance", () -> isStatic(admin, topic));
        check.step("more partitions are found", () -> partitions(admin, other));
        check.step("commit, seek and pause", () -> seek(other));
        check.step("a member that hangs loses its partitions", () -> dead(admin, topic));
        check.step("options of a group", () -> options(admin));
        check.step("from classic to consumer and back", () -> change(admin, topic));
        check.step("list and delete groups", () -> list(admin));
        check.step("delete topics", () -> admin.deleteTopics(List.of(topic, other)).all().get());
    }

    private void grow(Admin admin, String topic) throws Exception {
        String group = "grow-" + mark;
        Map<String, Integer> read = new ConcurrentHashMap<>();
        Set<String> wanted = new HashSet<>(produce(topic, 500));
        List<Member> members = new ArrayList<>();
        try {
            members.add(new Member(group, "consumer", read, topic));
            members.add(new Member(group, "consumer", read, topic));
            eventually("two share", () -> shared(6, members.toArray(new Member[0])));
            wanted.addAll(produce(topic, 500));
            for (int i = 0; i < 3; i++) members.add(new Member(group, "consumer", read, topic));
            wanted.addAll(produce(topic, 500));
            eventually("five share", () -> shared(6, members.toArray(new Member[0])));
            ConsumerGroupDescription described = describe(admin, group);
            Check.equal(described.type(), GroupType.CONSUMER, "type");
            Check.equal(described.members().size(), 5, "members");
            members.remove(4).close();
            members.remove(0).close();
            wanted.addAll(produce(topic, 500));
            eventually("three share", () -> shared(6, members.toArray(new Member[0])));
            eventually("everything is read", () -> read.keySet().containsAll(wanted));
            Check.equal(describe(admin, group).groupState().toString(), "Stable", "state");
        } finally {
            for (Member member : members) member.close();
        }
    }

    private void regex(Admin admin) throws Exception {
        String prefix = "re-" + mark;
        admin.createTopics(List.of(new NewTopic(prefix + "-a", 2, (short) 1))).all().get();
        Map<String, Integer> read = new ConcurrentHashMap<>();
        try (Member member = new Member("regex-" + mark, "consumer", read,
                                        c -> c.subscribe(new SubscriptionPattern(prefix + "-[ab]")))) {
            eventually("the first topic", () -> shared(2, member));
            admin.createTopics(List.of(new NewTopic(prefix + "-b", 3, (short) 1), new NewTopic(prefix + "-c", 1, (short) 1)))
                .all().get();
            eventually("the second topic", () -> shared(5, member));
            admin.deleteTopics(List.of(prefix + "-a")).all().get();
            eventually("without the first", () -> shared(3, member));
        }
        admin.deleteTopics(List.of(prefix + "-b", prefix + "-c")).all().get();
    }

    private void isStatic(Admin admin, String topic) throws Exception {
        String group = "static-" + mark;
        Map<String, Integer> read = new ConcurrentHashMap<>();
        Member stays = new Member(group, "consumer", read, topic, "group.instance.id", "one");
        Member goes = new Member(group, "consumer", read, topic, "group.instance.id", "two");
        eventually("both share", () -> shared(6, stays, goes));
        Set<TopicPartition> had = goes.has;
        int epoch = describe(admin, group).groupEpoch().orElse(-1);
        goes.close();
        Thread.sleep(1000);
        Member back = new Member(group, "consumer", read, topic, "group.instance.id", "two");
        eventually("it has what it had", () -> back.has.equals(had));
        Check.equal(describe(admin, group).groupEpoch().orElse(-2), epoch, "the group's epoch");
        back.close();
        stays.close();
    }

    private void partitions(Admin admin, String topic) throws Exception {
        Map<String, Integer> read = new ConcurrentHashMap<>();
        try (Member member = new Member("more-" + mark, "consumer", read, topic)) {
            eventually("two partitions", () -> shared(2, member));
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();
            eventually("four partitions", () -> shared(4, member));
        }
    }

    private void seek(String topic) throws Exception {
        Set<String> wanted = produce(topic, 200);
        Properties options = new Properties();
        options.put("bootstrap.servers", bootstrap);
        options.put("group.id", "seek-" + mark);
        options.put("group.protocol", "consumer");
        options.put("auto.offset.reset", "earliest");
        options.put("auto.commit.interval.ms", "200");
        Set<String> first = new HashSet<>();
        try (KafkaConsumer<String, String> consumer =
                 new KafkaConsumer<>(options, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long end = System.nanoTime() + 30_000_000_000L;
            while (!first.containsAll(wanted) && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(r -> first.add(r.value()));
            }
            Check.isTrue(first.containsAll(wanted), "all are read");
            consumer.pause(consumer.assignment());
            Set<String> more = produce(topic, 50);
            for (int i = 0; i < 10; i++) Check.isTrue(consumer.poll(Duration.ofMillis(100)).isEmpty(), "paused");
            consumer.resume(consumer.assignment());
            consumer.seekToBeginning(consumer.assignment());
            Set<String> again = new HashSet<>();
            end = System.nanoTime() + 30_000_000_000L;
            while (!(again.containsAll(wanted) && again.containsAll(more)) && System.nanoTime() < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(r -> again.add(r.value()));
            }
            Check.isTrue(again.containsAll(wanted) && again.containsAll(more), "read again from the beginning");
            consumer.commitAsync();
            for (TopicPartition partition : consumer.assignment()) {
                OffsetAndMetadata committed = null;
                for (int i = 0; i < 50 && committed == null; i++) {
                    consumer.poll(Duration.ofMillis(50));
                    committed = consumer.committed(Set.of(partition)).get(partition);
                }
                Check.equal(committed == null ? -1 : committed.offset(), consumer.position(partition), "committed");
            }
        }
    }

    /** A member that no longer polls leaves by itself. */
    private void dead(Admin admin, String topic) throws Exception {
        String group = "dead-" + mark;
        Map<String, Integer> read = new ConcurrentHashMap<>();
        try (Member member = new Member(group, "consumer", read, topic, "max.poll.interval.ms", "3000");
             Member stuck = new Member(group, "consumer", read, consumer -> {
                 consumer.subscribe(List.of(topic));
             }, "max.poll.interval.ms", "3000")) {
            eventually("both share", () -> shared(6, member, stuck));
            stuck.isStuck.set(true);
            eventually("the other has all", () -> shared(6, member));
        }
    }

    private void options(Admin admin) throws Exception {
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, "options-" + mark);
        admin.incrementalAlterConfigs(Map.of(group, List.of(new AlterConfigOp(
            new ConfigEntry("consumer.session.timeout.ms", "50000"), AlterConfigOp.OpType.SET)))).all().get();
        eventually("the option is told", () -> admin.describeConfigs(List.of(group)).all().get().get(group)
            .get("consumer.session.timeout.ms").value().equals("50000"));
        Check.isTrue(admin.listConfigResources(Set.of(ConfigResource.Type.GROUP), new org.apache.kafka.clients.admin
            .ListConfigResourcesOptions()).all().get().contains(group), "the group is listed");
        admin.incrementalAlterConfigs(Map.of(group, List.of(new AlterConfigOp(
            new ConfigEntry("consumer.session.timeout.ms", ""), AlterConfigOp.OpType.DELETE)))).all().get();
    }

    private void change(Admin admin, String topic) throws Exception {
        String group = "change-" + mark;
        Map<String, Integer> read = new ConcurrentHashMap<>();
        Set<String> wanted = new HashSet<>(produce(topic, 300));
        Member old1 = new Member(group, "classic", read, topic);
        Member old2 = new Member(group, "classic", read, topic);
        eventually("two classic members share", () -> shared(6, old1, old2));
        Check.equal(describe(admin, group).type(), GroupType.CLASSIC, "type");
        Member new1 = new Member(group, "consumer", read, topic);
        eventually("three members share", () -> shared(6, old1, old2, new1));
        Check.equal(describe(admin, group).type(), GroupType.CONSUMER, "type");
        wanted.addAll(produce(topic, 300));
        old1.close();
        Member new2 = new Member(group, "consumer", read, topic);
        eventually("two of each kind of change share", () -> shared(6, old2, new1, new2));
        old2.close();
        eventually("two new members share", () -> shared(6, new1, new2));
        wanted.addAll(produce(topic, 300));
        Member back1 = new Member(group, "classic", read, topic);
        eventually("a classic member joins", () -> shared(6, new1, new2, back1));
        new1.close();
        eventually("one of each", () -> shared(6, new2, back1));
        new2.close();
        eventually("the classic member has all", () -> shared(6, back1));
        Check.equal(describe(admin, group).type(), GroupType.CLASSIC, "type");
        wanted.addAll(produce(topic, 300));
        eventually("everything is read", () -> read.keySet().containsAll(wanted));
        back1.close();
    }

    private void list(Admin admin) throws Exception {
        String group = "grow-" + mark;
        Check.isTrue(admin.listGroups().all().get().stream().anyMatch(listed ->
            listed.groupId().equals(group) && listed.type().equals(java.util.Optional.of(GroupType.CONSUMER))), "listed");
        eventually("the group is empty", () -> describe(admin, group).members().isEmpty());
        admin.deleteConsumerGroups(List.of(group)).all().get();
        Check.isTrue(admin.listGroups().all().get().stream().noneMatch(listed -> listed.groupId().equals(group)), "gone");
    }
}
