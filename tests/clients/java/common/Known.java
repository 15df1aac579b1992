import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.AbstractMap.SimpleEntry;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Record `number` of the scenario, as tests/lib/scenario.py defines it. */
final class Known {
    static final int PARTITIONS = 3;
    private static final String FILLER =
        "again and again, again and again, again and again, again and again, again and again, again and again, ";

    final int partition;
    final long offset;
    final byte[] key;
    final byte[] value;
    final List<Map.Entry<String, byte[]>> headers;
    final long timestamp;

    Known(int number, long baseTime) {
        partition = number % PARTITIONS;
        offset = number / PARTITIONS;
        key = String.format("key-%06d", number).getBytes(UTF_8);
        value = (String.format("value-%06d ", number) + FILLER).getBytes(UTF_8);
        headers = Arrays.asList(new SimpleEntry<>("number", Integer.toString(number).getBytes(UTF_8)),
                                new SimpleEntry<>("empty", new byte[0]));
        timestamp = baseTime + number;
    }
}
