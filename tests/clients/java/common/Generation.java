import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** What differs between the generations of the Java client: one implementation per generation, named Current. */
interface Generation {
    /** Settings that this generation's producer has beyond the common ones. */
    void configureProducer(Properties settings);

    ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> consumer, long milliseconds);

    /** Closes without waiting for the fetch that may still wait at the broker. */
    void close(KafkaConsumer<byte[], byte[]> consumer);

    ProducerRecord<byte[], byte[]> record(String topic, int partition, long timestamp, byte[] key, byte[] value,
                                          List<Map.Entry<String, byte[]>> headers);

    /** The record's headers in their order; null when this generation knows none. */
    List<Map.Entry<String, byte[]>> headers(ConsumerRecord<byte[], byte[]> record);

    void create(String bootstrap, String topic, int partitions) throws Exception;

    void delete(String bootstrap, String topic) throws Exception;
}
