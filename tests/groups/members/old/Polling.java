import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** How the clients before 2.0 poll. */
final class Polling {
    private Polling() { }

    static ConsumerRecords<String, String> poll(KafkaConsumer<String, String> consumer, long patienceMs) {
        return consumer.poll(patienceMs);
    }
}
