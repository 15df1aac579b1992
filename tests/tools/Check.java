import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.ApiException;

/** Runs named steps, prints a JSON line for each, and remembers whether all went well. */
final class Check {
    boolean isGood = true;

    interface Step {
        void run() throws Exception;
    }

    void step(String name, Step step) {
        long started = System.nanoTime();
        String complaint = "";
        try {
            step.run();
        } catch (Throwable failure) {
            isGood = false;
            complaint = failure + " at " + Arrays.stream(failure.getStackTrace())
                .filter(frame -> frame.getClassName().startsWith("AdminCheck")).limit(2).map(Object::toString)
                .collect(Collectors.joining(" < "));
        }
        System.out.printf("{\"step\": \"%s\", \"ok\": %b, \"detail\": \"%s\", \"seconds\": %.2f}%n", name,
                          complaint.isEmpty(), complaint.replaceAll("[\"\\\\\\p{Cntrl}]", " "),
                          (System.nanoTime() - started) / 1e9);
    }

    static void equal(Object got, Object wanted, String what) {
        if (!Objects.equals(got, wanted)) {
            throw new IllegalStateException(what + " is " + got + ", not " + wanted);
        }
    }

    static void isTrue(boolean holds, String complaint) {
        if (!holds) {
            throw new IllegalStateException(complaint);
        }
    }

    /** The future fails with this error; its message holds `words`. */
    static void fails(KafkaFuture<?> future, Class<? extends ApiException> error, String words) throws Exception {
        try {
            future.get();
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            equal(cause.getClass(), error, "error");
            isTrue(String.valueOf(cause.getMessage()).contains(words), "the message is: " + cause.getMessage());
            return;
        }
        throw new IllegalStateException("no " + error.getSimpleName());
    }
}
