import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.AbstractMap.SimpleEntry;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/** Version 0.11: the first with headers, idempotence and an admin client; one request in flight. */
final class Current implements Generation {
    @Override
    public void configureProducer(Properties settings) {
        settings.put("enable.idempotence", "true");
        settings.put("max.in.flight.requests.per.connection", "1");
        settings.put("retries", "3");
    }

    @Override
    public ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> consumer, long milliseconds) {
        return consumer.poll(milliseconds);
    }

    @Override
    public void close(KafkaConsumer<byte[], byte[]> consumer) {
        consumer.close(0, TimeUnit.MILLISECONDS);
    }

    @Override
    public ProducerRecord<byte[], byte[]> record(String topic, int partition, long timestamp, byte[] key, byte[] value,
                                                 List<Map.Entry<String, byte[]>> headers) {
        List<Header> list = new ArrayList<>();
        headers.forEach(header -> list.add(new RecordHeader(header.getKey(), header.getValue())));
        return new ProducerRecord<>(topic, partition, timestamp, key, value, list);
    }

    @Override
    public List<Map.Entry<String, byte[]>> headers(ConsumerRecord<byte[], byte[]> record) {
        List<Map.Entry<String, byte[]>> list = new ArrayList<>();
        record.headers().forEach(header -> list.add(new SimpleEntry<>(header.key(), header.value())));
        return list;
    }

    @Override
    public void create(String bootstrap, String topic, int partitions) throws Exception {
        try (AdminClient admin = admin(bootstrap)) {
            admin.createTopics(Collections.singleton(new NewTopic(topic, partitions, (short) 1))).all()
                .get(20, TimeUnit.SECONDS);
        }
    }

    @Override
    public void delete(String bootstrap, String topic) throws Exception {
        try (AdminClient admin = admin(bootstrap)) {
            admin.deleteTopics(Collections.singleton(topic)).all().get(20, TimeUnit.SECONDS);
        }
    }

    private static AdminClient admin(String bootstrap) {
        return AdminClient.create(Collections.<String, Object>singletonMap("bootstrap.servers", bootstrap));
    }
}
