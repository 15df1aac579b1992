import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The scenario of tests/lib/scenario.py with Apache Kafka's Java client, any generation from 0.10.2 on. */
public final class Client {
    private static final int LONG_POLL_MS = 10_000;
    private static final int PROMPT_MS = 3_000;

    private final Generation generation = new Current();
    private final String bootstrap;
    private final String codec;
    private final String topic;
    private final long baseTime = System.currentTimeMillis() - 60_000;
    private final List<Known> records;

    private interface Step {
        String run() throws Exception;
    }

    private Client(String bootstrap, String topic, String codec, int count) {
        this.bootstrap = bootstrap;
        this.codec = codec;
        this.topic = topic + "-" + codec;
        this.records = IntStream.range(0, count).mapToObj(n -> new Known(n, baseTime)).collect(Collectors.toList());
    }

    public static void main(String[] arguments) {
        Map<String, String> options = new HashMap<>();
        options.put("--codec", "none,gzip,snappy,lz4");
        options.put("--topic", "odradek-" + System.currentTimeMillis());
        options.put("--records", "10000");
        for (int at = 0; at + 1 < arguments.length; at += 2) {
            options.put(arguments[at], arguments[at + 1]);
        }
        boolean isGood = true;
        for (String codec : options.get("--codec").split(",")) {
            isGood &= new Client(options.get("--bootstrap"), options.get("--topic"), codec,
                                 Integer.parseInt(options.get("--records"))).run();
        }
        System.exit(isGood ? 0 : 1);
    }

    private boolean run() {
        return step("create", this::create) && step("produce", this::produce) && step("read all", this::readAll)
            && step("offsets by time", this::offsetsByTime) && step("read from the middle", this::readMiddle)
            && step("long poll", this::longPoll) && step("delete", this::delete);
    }

    private boolean step(String name, Step step) {
        long started = System.nanoTime();
        boolean isGood = true;
        String detail;
        try {
            detail = step.run();
        } catch (Throwable failure) {
            isGood = false;
            detail = failure + " at " + Arrays.stream(failure.getStackTrace()).limit(4).map(Object::toString)
                .collect(Collectors.joining(" < "));
        }
        System.out.printf("{\"codec\": \"%s\", \"step\": \"%s\", \"ok\": %b, \"detail\": \"%s\", \"seconds\": %.2f}%n",
                          codec, name, isGood, detail.replaceAll("[\"\\\\\\p{Cntrl}]", " "),
                          (System.nanoTime() - started) / 1e9);
        return isGood;
    }

    private String create() throws Exception {
        generation.create(bootstrap, topic, Known.PARTITIONS);
        waitUntilListed(true);
        // A topic can be listed a moment before its partitions are led; the client retries until they are. Version
        // 2.0 with idempotence never recovers from a first batch refused while later ones are under way.
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.endOffsets(IntStream.range(0, Known.PARTITIONS).mapToObj(this::partition)
                .collect(Collectors.toList()));
        }
        return "";
    }

    private String delete() throws Exception {
        generation.delete(bootstrap, topic);
        waitUntilListed(false);
        return "";
    }

    private void waitUntilListed(boolean wanted) throws Exception {
        long deadline = System.currentTimeMillis() + 10_000;
        for (;;) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
                if (consumer.listTopics().containsKey(topic) == wanted) {
                    return;
                }
            }
            check(System.currentTimeMillis() < deadline, "the topic is " + (wanted ? "not" : "still") + " listed");
            Thread.sleep(100);
        }
    }

    private KafkaProducer<byte[], byte[]> producer() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        settings.put("compression.type", codec);
        settings.put("linger.ms", "20");
        settings.put("acks", "all");
        generation.configureProducer(settings);
        return new KafkaProducer<>(settings);
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("key.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("value.deserializer", ByteArrayDeserializer.class.getName());
        settings.put("enable.auto.commit", "false");
        settings.put("auto.offset.reset", "none");
        settings.put("max.poll.records", "5000");
        settings.put("fetch.max.wait.ms", Integer.toString(LONG_POLL_MS));
        return new KafkaConsumer<>(settings);
    }

    private void write(List<Known> wanted) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = producer()) {
            List<Future<RecordMetadata>> acknowledgements = new ArrayList<>();
            for (Known r : wanted) {
                acknowledgements.add(
                    producer.send(generation.record(topic, r.partition, r.timestamp, r.key, r.value, r.headers)));
            }
            for (int at = 0; at < wanted.size(); ++at) {
                long offset = acknowledgements.get(at).get(30, TimeUnit.SECONDS).offset();
                check(offset == wanted.get(at).offset,
                      "acknowledged at offset " + offset + ", not " + wanted.get(at).offset);
            }
        }
    }

    /** Reads `count` records by assignment from the offsets of `starts`; fewer when `waitMs` is over. */
    private List<ConsumerRecord<byte[], byte[]>> read(Map<Integer, Long> starts, int count, long waitMs) {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        long deadline = System.currentTimeMillis() + waitMs;
        KafkaConsumer<byte[], byte[]> consumer = consumer();
        try {
            consumer.assign(starts.keySet().stream().map(this::partition).collect(Collectors.toList()));
            starts.forEach((partition, offset) -> consumer.seek(partition(partition), offset));
            while (found.size() < count && System.currentTimeMillis() < deadline) {
                generation.poll(consumer, waitMs).forEach(found::add);
            }
        } finally {
            generation.close(consumer);
        }
        return found;
    }

    private TopicPartition partition(int number) {
        return new TopicPartition(topic, number);
    }

    private String produce() throws Exception {
        write(records);
        return records.size() + " records";
    }

    private String readAll() {
        Map<Integer, Long> starts = new HashMap<>();
        for (int partition = 0; partition < Known.PARTITIONS; ++partition) {
            starts.put(partition, 0L);
        }
        compare(read(starts, records.size(), 30_000), records);
        return records.size() + " records";
    }

    private String readMiddle() {
        Map<Integer, Long> starts = new HashMap<>();
        for (int partition = 0; partition < Known.PARTITIONS; ++partition) {
            starts.put(partition, (long) (records.size() / 2 / Known.PARTITIONS + partition));
        }
        List<Known> wanted = records.stream().filter(r -> r.offset >= starts.get(r.partition))
            .collect(Collectors.toList());
        compare(read(starts, wanted.size(), 30_000), wanted);
        return "";
    }

    private void compare(List<ConsumerRecord<byte[], byte[]>> got, List<Known> wanted) {
        Map<Integer, List<Known>> left = wanted.stream()
            .collect(Collectors.groupingBy(r -> r.partition, Collectors.toCollection(ArrayList::new)));
        Map<Integer, Integer> seen = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> actual : got) {
            int index = seen.merge(actual.partition(), 1, Integer::sum) - 1;
            List<Known> expected = left.getOrDefault(actual.partition(), Collections.emptyList());
            check(index < expected.size(), "partition " + actual.partition() + " has records too many");
            compare(actual, expected.get(index));
        }
        check(got.size() == wanted.size(), "read " + got.size() + " records, not " + wanted.size());
    }

    private void compare(ConsumerRecord<byte[], byte[]> actual, Known wanted) {
        String where = "partition " + wanted.partition + " offset " + wanted.offset + ": ";
        check(actual.offset() == wanted.offset, where + "got offset " + actual.offset());
        check(Arrays.equals(actual.key(), wanted.key), where + "other key");
        check(Arrays.equals(actual.value(), wanted.value), where + "other value");
        check(actual.timestamp() == wanted.timestamp, where + "timestamp " + actual.timestamp());
        List<Map.Entry<String, byte[]>> headers = generation.headers(actual);
        if (headers == null) {
            return;
        }
        check(headers.size() == wanted.headers.size(), where + headers.size() + " headers");
        for (int at = 0; at < headers.size(); ++at) {
            check(headers.get(at).getKey().equals(wanted.headers.get(at).getKey())
                  && Arrays.equals(headers.get(at).getValue(), wanted.headers.get(at).getValue()),
                  where + "other header " + headers.get(at).getKey());
        }
    }

    private String offsetsByTime() {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            for (int p = 0; p < Known.PARTITIONS; ++p) {
                int partition = p;
                long end = records.stream().filter(r -> r.partition == partition).count();
                List<TopicPartition> asked = Collections.singletonList(partition(p));
                check(consumer.beginningOffsets(asked).get(partition(p)) == 0, "partition does not begin at 0");
                check(consumer.endOffsets(asked).get(partition(p)) == end, "partition does not end at " + end);
            }
            for (int number : new int[] {0, records.size() / 2, records.size() - Known.PARTITIONS}) {
                for (Known exact : records.subList(number, number + Known.PARTITIONS)) {
                    // A time between two records of one partition finds the later one.
                    expectOffset(consumer, exact.partition, exact.timestamp, exact.offset);
                    expectOffset(consumer, exact.partition, exact.timestamp - 1, exact.offset);
                }
            }
            expectOffset(consumer, 0, baseTime + 10L * records.size(), null);
        }
        return "";
    }

    private void expectOffset(KafkaConsumer<byte[], byte[]> consumer, int partition, long time, Long wanted) {
        OffsetAndTimestamp answer =
            consumer.offsetsForTimes(Collections.singletonMap(partition(partition), time)).get(partition(partition));
        Long got = answer == null ? null : Long.valueOf(answer.offset());
        check(got == null ? wanted == null : got.equals(wanted),
              "partition " + partition + " at time " + time + ": offset " + got + ", not " + wanted);
    }

    private String longPoll() throws Exception {
        long end = records.stream().filter(r -> r.partition == 0).count();
        Known late = new Known((int) end * Known.PARTITIONS, baseTime);
        CompletableFuture<Long> arrival = CompletableFuture.supplyAsync(() -> {
            compare(read(Collections.singletonMap(0, end), 1, LONG_POLL_MS + 5_000), Collections.singletonList(late));
            return System.nanoTime();
        });
        Thread.sleep(1_000);  // the reader's fetch waits at the broker by now
        check(!arrival.isDone(), "the reader did not wait");
        long written = System.nanoTime();
        write(Collections.singletonList(late));
        long took = (arrival.get(LONG_POLL_MS + 10_000, TimeUnit.MILLISECONDS) - written) / 1_000_000;
        check(took < PROMPT_MS, "the record took " + took + " ms");
        return took + " ms after the write began";
    }

    private static void check(boolean isTrue, String complaint) {
        if (!isTrue) {
            throw new IllegalStateException(complaint);
        }
    }
}
