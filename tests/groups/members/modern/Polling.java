import java.time.Duration;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** How the clients from 2.0 on poll. */
final class Polling {
    private Polling() { }

    static ConsumerRecords<String, String> poll(KafkaConsumer<String, String> consumer, long patienceMs) {
        return consumer.poll(Duration.ofMillis(patienceMs));
    }
}
