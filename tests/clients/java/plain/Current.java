import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Version 0.10.2: message format v1, without headers, idempotence or an admin client. The topic is made by
 * tests/lib/topic.py, whose path is in the environment variable ODRADEK_TOPIC_TOOL.
 */
final class Current implements Generation {
    @Override
    public void configureProducer(Properties settings) {
        settings.put("max.in.flight.requests.per.connection", "1");
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
        return new ProducerRecord<>(topic, partition, timestamp, key, value);
    }

    @Override
    public List<Map.Entry<String, byte[]>> headers(ConsumerRecord<byte[], byte[]> record) {
        return null;
    }

    @Override
    public void create(String bootstrap, String topic, int partitions) throws Exception {
        topicTool("create", "--bootstrap", bootstrap, "--topic", topic, "--partitions", Integer.toString(partitions));
    }

    @Override
    public void delete(String bootstrap, String topic) throws Exception {
        topicTool("delete", "--bootstrap", bootstrap, "--topic", topic);
    }

    private static void topicTool(String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>();
        command.add("python3");
        command.add(System.getenv("ODRADEK_TOPIC_TOOL"));
        command.addAll(java.util.Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(String.join(" ", command) + " failed");
        }
    }
}
