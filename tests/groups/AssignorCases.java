// Prints cases for src/coordinator/group/assignors/testdata/cases.jsonl: groups as they come and go, and what Apache
// Kafka's own assignors make of each. Run with Kafka's jars on the class path: java -cp 'libs/*' AssignorCases.java 1000
import java.util.*;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.coordinator.group.api.assignor.*;
import org.apache.kafka.coordinator.group.assignor.*;
import org.apache.kafka.coordinator.group.modern.*;

public class AssignorCases {
    static final Random random = new Random(848);
    static final UniformAssignor uniform = new UniformAssignor();
    static final RangeAssignor range = new RangeAssignor();

    record Topics(int[] counts) implements SubscribedTopicDescriber {
        public int numPartitions(Uuid id) { return counts[index(id)]; }
        public Set<String> racksForPartition(Uuid id, int partition) { return Set.of(); }
    }

    static Uuid topic(int index) { return new Uuid(0x5eedL, index); }
    static int index(Uuid id) { return (int) id.getLeastSignificantBits(); }

    static final class Member {
        String id;
        String instance;
        TreeSet<Integer> topics = new TreeSet<>();
        Map<Uuid, Set<Integer>> current = new HashMap<>();
    }

    static TreeSet<Integer> subscription(int topics) {
        TreeSet<Integer> chosen = new TreeSet<>();
        for (int t = 0; t < topics; t++) if (random.nextInt(3) > 0) chosen.add(t);
        if (chosen.isEmpty()) chosen.add(random.nextInt(topics));
        return chosen;
    }

    public static void main(String[] args) {
        int wanted = Integer.parseInt(args[0]), made = 0;
        while (made < wanted) made += history(wanted - made);
    }

    // One group over a few changes; each change is a case.
    static int history(int most) {
        boolean large = random.nextInt(25) == 0, equal = random.nextInt(3) == 0;
        int topics = 1 + random.nextInt(large ? 12 : 5);
        int[] counts = new int[topics];
        for (int t = 0; t < topics; t++) counts[t] = 1 + random.nextInt(large ? 40 : 9);
        TreeSet<Integer> all = subscription(topics);
        List<Member> members = new ArrayList<>();
        int born = 0, steps = 1 + random.nextInt(8);
        for (int step = 0; step < steps && step < most; step++) {
            int change = members.isEmpty() ? 0 : random.nextInt(10);
            if (change < 5) {
                for (int i = 1 + random.nextInt(large ? 10 : 3); i > 0; i--) {
                    Member member = new Member();
                    member.id = String.format("m%02d", (born++ * 37) % 100);
                    if (members.stream().anyMatch(m -> m.id.equals(member.id))) continue;
                    if (random.nextInt(5) == 0) member.instance = "i" + (char) ('a' + random.nextInt(26)) + born;
                    member.topics = equal ? all : subscription(topics);
                    members.add(member);
                }
            } else if (change < 7 && members.size() > 1) {
                members.remove(random.nextInt(members.size()));
            } else if (change == 7) {
                counts[random.nextInt(topics)] += 1 + random.nextInt(5);
            } else if (change == 8 && !equal) {
                members.get(random.nextInt(members.size())).topics = subscription(topics);
            } else {
                scatter(members, counts);
            }
            members.sort(Comparator.comparing(m -> m.id));
            print(members, counts);
        }
        return Math.min(steps, most);
    }

    // Any valid assignment, however uneven.
    static void scatter(List<Member> members, int[] counts) {
        for (Member member : members) member.current = new HashMap<>();
        for (int t = 0; t < counts.length; t++) {
            for (int p = 0; p < counts[t]; p++) {
                Member owner = members.get((int) (members.size() * Math.pow(random.nextDouble(), 2)));
                if (owner.topics.contains(t) && random.nextInt(6) > 0)
                    owner.current.computeIfAbsent(topic(t), x -> new HashSet<>()).add(p);
            }
        }
    }

    static GroupAssignment run(ConsumerGroupPartitionAssignor assignor, List<Member> members, int[] counts) {
        Map<String, MemberSubscriptionAndAssignmentImpl> specs = new HashMap<>();
        Map<Uuid, Map<Integer, String>> owners = new HashMap<>();
        Set<Set<Integer>> subscriptions = new HashSet<>();
        for (Member member : members) {
            Set<Uuid> ids = new HashSet<>();
            for (int t : member.topics) ids.add(topic(t));
            specs.put(member.id, new MemberSubscriptionAndAssignmentImpl(Optional.empty(),
                Optional.ofNullable(member.instance), ids, new Assignment(Collections.unmodifiableMap(member.current))));
            member.current.forEach((id, partitions) -> partitions.forEach(
                p -> owners.computeIfAbsent(id, x -> new HashMap<>()).put(p, member.id)));
            subscriptions.add(new HashSet<>(member.topics));
        }
        return assignor.assign(new GroupSpecImpl(specs,
            subscriptions.size() == 1 ? SubscriptionType.HOMOGENEOUS : SubscriptionType.HETEROGENEOUS, owners),
            new Topics(counts));
    }

    static Map<Uuid, Set<Integer>> of(GroupAssignment assignment, Member member) {
        MemberAssignment found = assignment.members().get(member.id);
        return found == null ? Map.of() : found.partitions();
    }

    // {"topics":[partitions...],"members":[[id, instance or null, [topics], {current}, {uniform's}, {range's}]...]}
    // where {} are partitions by topic.
    static void print(List<Member> members, int[] counts) {
        GroupAssignment even = run(uniform, members, counts), ranges = run(range, members, counts);
        StringBuilder out = new StringBuilder("{\"topics\":").append(plain(Arrays.toString(counts))).append(",\"members\":[");
        String comma = "";
        for (Member member : members) {
            out.append(comma).append("[\"").append(member.id).append("\",")
                .append(member.instance == null ? "null" : "\"" + member.instance + "\"").append(',')
                .append(plain(member.topics.toString())).append(',').append(json(member.current)).append(',')
                .append(json(of(even, member))).append(',').append(json(of(ranges, member))).append(']');
            comma = ",";
        }
        System.out.println(out.append("]}"));
        for (Member member : members) {
            Map<Uuid, Set<Integer>> copy = new HashMap<>();
            of(even, member).forEach((id, partitions) -> copy.put(id, new HashSet<>(partitions)));
            member.current = copy;
        }
    }

    static String plain(String text) { return text.replace(" ", ""); }

    static String json(Map<Uuid, Set<Integer>> assignment) {
        StringBuilder out = new StringBuilder("{");
        TreeMap<Integer, Set<Integer>> sorted = new TreeMap<>();
        assignment.forEach((id, partitions) -> sorted.put(index(id), new TreeSet<>(partitions)));
        sorted.forEach((t, partitions) -> out.append(out.length() > 1 ? "," : "").append('"').append(t).append("\":")
            .append(plain(partitions.toString())));
        return out.append('}').toString();
    }
}
