import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.tools.DumpLogSegments;

/**
 * Does what handover.py asks, one command per line of standard input; answers each with a line "ok" or "failed: why".
 *
 *   fill BOOTSTRAP             makes topics of every sort and writes to them
 *   append BOOTSTRAP TAG       writes some more to every topic
 *   transact BOOTSTRAP TAG     writes in transactions, committed and aborted
 *   dirty BOOTSTRAP            makes topics that there is much to compact in
 *   dirtier BOOTSTRAP BASE     writes some more to them, with timestamps from BASE on
 *   administer BOOTSTRAP       sets users, rights, quotas and a group's offsets
 *   kept BOOTSTRAP FILE        what the broker says of them, as text
 *   hold BOOTSTRAP             begins a producer that lives on
 *   goon BOOTSTRAP             it writes more, to whichever broker is there now, and that broker knows it
 *   members BOOTSTRAP          begins members of groups that live on
 *   flow BOOTSTRAP             writes records; returns when they have read and committed them
 *   groups BOOTSTRAP FILE      what the broker says of their groups, as text
 *   part BOOTSTRAP             they leave
 *   roll BOOTSTRAP             writes what makes segments roll by time
 *   show BOOTSTRAP FILE        all that the broker serves, as text
 *   dump FILE ARGUMENTS...     kafka-dump-log with these arguments, its output into the file
 *   format FILE ARGUMENTS...   kafka-storage with these arguments, its output into the file
 */
public final class Handover {
    private static final class Ended extends RuntimeException {
        final int status;

        Ended(int status) {
            super("exit status " + status);
            this.status = status;
        }
    }

    private interface Tool {
        void run(String[] arguments) throws Exception;
    }

    public static void main(String[] none) throws Exception {
        Exit.setExitProcedure((status, message) -> {
            throw new Ended(status);
        });
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream answers = System.out;
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            try {
                obey(line.split(" "));
                answers.println("ok");
            } catch (Throwable failure) {
                failure.printStackTrace();
                answers.println("failed: " + String.valueOf(failure).replace('\n', ' '));
            }
            answers.flush();
        }
    }

    private static void obey(String[] words) throws Exception {
        String[] rest = Arrays.copyOfRange(words, 2, words.length);
        switch (words[0]) {
            case "fill": {
                try (Admin admin = Shown.admin(words[1])) {
                    new Fill(admin, words[1]).run();
                }
                break;
            }
            case "append": {
                try (Admin admin = Shown.admin(words[1])) {
                    new Fill(admin, words[1]).append(rest[0]);
                }
                break;
            }
            case "transact": {
                try (Admin admin = Shown.admin(words[1])) {
                    new Fill(admin, words[1]).transact(rest[0]);
                }
                break;
            }
            case "dirty": {
                try (Admin admin = Shown.admin(words[1])) {
                    new Dirty(words[1], System.currentTimeMillis() - 8 * 3_600_000).fill(admin);
                }
                break;
            }
            case "dirtier":
                new Dirty(words[1], Long.parseLong(rest[0])).more();
                break;
            case "administer": {
                try (Admin admin = Shown.admin(words[1])) {
                    Kept.administer(admin);
                }
                break;
            }
            case "kept": {
                try (Admin admin = Shown.admin(words[1])) {
                    Files.write(Path.of(rest[0]), Kept.lines(admin));
                }
                break;
            }
            case "hold": {
                try (Admin admin = Shown.admin(words[1])) {
                    Kept.hold(admin, words[1]);
                    Kept.checkHeld(admin);
                }
                break;
            }
            case "goon": {
                try (Admin admin = Shown.admin(words[1])) {
                    Kept.goOn();
                    Kept.checkHeld(admin);
                }
                break;
            }
            case "members": {
                try (Admin admin = Shown.admin(words[1])) {
                    Members.begin(admin, words[1]);
                }
                break;
            }
            case "flow": {
                try (Admin admin = Shown.admin(words[1])) {
                    Members.flow(admin, words[1]);
                }
                break;
            }
            case "groups": {
                try (Admin admin = Shown.admin(words[1])) {
                    Files.write(Path.of(rest[0]), Members.lines(admin));
                }
                break;
            }
            case "part":
                Members.leave();
                break;
            case "roll":
                Kept.roll(words[1]);
                break;
            case "show": {
                try (Admin admin = Shown.admin(words[1])) {
                    Files.write(Path.of(rest[0]), new Shown(admin, words[1]).lines());
                }
                break;
            }
            case "dump":
                tool(Path.of(words[1]), rest, DumpLogSegments::main);
                break;
            case "format":
                tool(Path.of(words[1]), rest, kafka.tools.StorageTool::main);
                break;
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }

    /** Runs a command-line tool inside this process; fails when the tool ends with a status other than 0. */
    private static void tool(Path output, String[] arguments, Tool tool) throws Exception {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream told = new ByteArrayOutputStream();
        try (PrintStream captured = new PrintStream(told, false, StandardCharsets.UTF_8)) {
            System.setOut(captured);
            System.setErr(captured);
            tool.run(arguments);
        } catch (Ended ended) {
            if (ended.status != 0) {
                throw new IllegalStateException(ended.getMessage() + ": " + told.toString(StandardCharsets.UTF_8));
            }
        } finally {
            System.setOut(out);
            System.setErr(err);
            Files.write(output, told.toByteArray());
        }
    }
}
