#include "coordinator/group/assignors/assignor.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "protocol/vector_fixture.h"

namespace odradek::coordinator {

namespace {

namespace json = boost::json;

TopicId topic_id(uint64_t index) { return TopicId{Uuid{0x5eed, index}}; }

// A group that owns what the views of an AssignorInput look at.
struct Group {
  struct Member {
    std::string id;
    std::optional<std::string> instance;
    std::vector<TopicId> topics;
    Assignment current;
  };
  std::vector<AssignorTopic> topics;
  std::vector<Member> members;

  [[nodiscard]] AssignorInput input() const {
    AssignorInput result{.topics = topics, .members = {}};
    for (const Member& member : members) {
      result.members.push_back(
          {.id = member.id, .instance_id = member.instance, .topics = member.topics, .current = &member.current});
    }
    return result;
  }
};

struct Quality {
  int64_t uneven = 0;  // sum of the squares of what the members have
  size_t moved = 0;    // partitions whose owner was still a subscriber and is no longer the owner
};

bool subscribed(const Group::Member& member, TopicId topic) { return std::ranges::binary_search(member.topics, topic); }

Quality quality(const Group& group, const std::vector<Assignment>& targets) {
  Quality result;
  for (size_t i = 0; i < targets.size(); ++i) {
    const auto count = static_cast<int64_t>(partition_count(targets[i]));
    result.uneven += count * count;
    for (const TopicPartitions& lost : difference(group.members[i].current, targets[i])) {
      result.moved += subscribed(group.members[i], lost.topic) ? lost.partitions.size() : 0;
    }
  }
  return result;
}

// Every partition that anybody subscribes to has one owner, who subscribes to it; nothing else is given away.
void expect_valid(const Group& group, const std::vector<Assignment>& targets) {
  ASSERT_EQ(targets.size(), group.members.size());
  std::map<TopicId, std::set<int32_t>> given;
  for (size_t i = 0; i < targets.size(); ++i) {
    EXPECT_EQ(targets[i], normalized(targets[i]));
    for (const TopicPartitions& topic : targets[i]) {
      EXPECT_TRUE(subscribed(group.members[i], topic.topic));
      for (const int32_t partition : topic.partitions) {
        EXPECT_TRUE(given[topic.topic].insert(partition).second) << "given twice: " << partition;
      }
    }
  }
  for (const AssignorTopic& topic : group.topics) {
    const bool wanted = std::ranges::any_of(group.members, [&](const auto& m) { return subscribed(m, topic.id); });
    EXPECT_EQ(given[topic.id].size(), wanted ? static_cast<size_t>(topic.partition_count) : 0);
    if (!given[topic.id].empty()) {
      EXPECT_GE(*given[topic.id].begin(), 0);
      EXPECT_LT(*given[topic.id].rbegin(), topic.partition_count);
    }
  }
}

Assignment read_assignment(const json::object& object) {
  Assignment result;
  for (const auto& [topic, partitions] : object) {
    TopicPartitions read{.topic = topic_id(std::stoull(std::string(topic))), .partitions = {}};
    for (const json::value& partition : partitions.as_array()) {
      read.partitions.push_back(static_cast<int32_t>(partition.as_int64()));
    }
    result.push_back(std::move(read));
  }
  return normalized(std::move(result));
}

struct Case {
  Group group;
  std::vector<Assignment> uniform;
  std::vector<Assignment> range;
};

Case read_case(const json::object& line) {
  Case result;
  for (const json::value& count : line.at("topics").as_array()) {
    result.group.topics.push_back(
        {.id = topic_id(result.group.topics.size()), .partition_count = static_cast<int32_t>(count.as_int64())});
  }
  for (const json::value& value : line.at("members").as_array()) {
    const json::array& fields = value.as_array();
    Group::Member member;
    member.id = fields[0].as_string();
    if (fields[1].is_string()) {
      member.instance = std::string(fields[1].as_string());
    }
    for (const json::value& topic : fields[2].as_array()) {
      member.topics.push_back(topic_id(static_cast<uint64_t>(topic.as_int64())));
    }
    member.current = read_assignment(fields[3].as_object());
    result.group.members.push_back(std::move(member));
    result.uniform.push_back(read_assignment(fields[4].as_object()));
    result.range.push_back(read_assignment(fields[5].as_object()));
  }
  return result;
}

void for_each_case(const std::function<void(const Case&)>& check) {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "testdata" / "cases.jsonl.gz";
  size_t count = 0;
  protocol::for_each_vector(file, [&](const json::object& line) {
    SCOPED_TRACE(testing::Message() << "line " << ++count);
    check(read_case(line));
  });
  EXPECT_EQ(count, 1000U);
}

Group random_group(std::mt19937& random, bool equal_subscriptions) {
  Group group;
  const auto up_to = [&](uint32_t most) { return static_cast<uint32_t>(random() % most) + 1; };
  const uint32_t topics = up_to(6);
  for (uint32_t i = 0; i < topics; ++i) {
    group.topics.push_back({.id = topic_id(i), .partition_count = static_cast<int32_t>(up_to(12))});
  }
  const uint32_t members = up_to(9);
  for (uint32_t i = 0; i < members; ++i) {
    Group::Member member{.id = "m" + std::to_string(i), .instance = {}, .topics = {}, .current = {}};
    for (uint32_t t = 0; t < topics; ++t) {
      if (equal_subscriptions || random() % 3 > 0) {
        member.topics.push_back(topic_id(t));
      }
    }
    group.members.push_back(std::move(member));
  }
  return group;
}

}  // namespace

TEST(Assignors, AreFoundByKafkasNames) {
  EXPECT_EQ(find_assignor("uniform"), &assign_uniform);
  EXPECT_EQ(find_assignor("range"), &assign_range);
  EXPECT_EQ(find_assignor("sticky"), nullptr);
}

TEST(Assignors, RangeIsKafkasInAThousandCases) {
  for_each_case([](const Case& c) { EXPECT_EQ(assign_range(c.group.input()), c.range); });
}

TEST(Assignors, UniformIsAsEvenAsKafkasAndMovesNoMoreInAThousandCases) {
  size_t moved = 0;
  size_t kafka_moved = 0;
  for_each_case([&](const Case& c) {
    const std::vector<Assignment> targets = assign_uniform(c.group.input());
    expect_valid(c.group, targets);
    const Quality ours = quality(c.group, targets);
    const Quality kafkas = quality(c.group, c.uniform);
    EXPECT_LE(ours.uneven, kafkas.uneven);
    if (ours.uneven == kafkas.uneven) {
      EXPECT_LE(ours.moved, kafkas.moved);
    }
    moved += ours.moved;
    kafka_moved += kafkas.moved;
  });
  EXPECT_LE(moved, kafka_moved);
  RecordProperty("moved", static_cast<int>(moved));
  RecordProperty("moved_by_kafka", static_cast<int>(kafka_moved));
}

TEST(Assignors, EqualSubscriptionsGiveCountsThatDifferByOneAndTheFewestMoves) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    Group group = random_group(random, true);
    for (const AssignorTopic& topic : group.topics) {
      for (int32_t partition = 0; partition < topic.partition_count; ++partition) {
        Group::Member& owner = group.members[random() % group.members.size()];
        owner.current.push_back({.topic = topic.id, .partitions = {partition}});
      }
    }
    size_t total = 0;
    std::vector<size_t> held;
    for (Group::Member& member : group.members) {
      member.current = normalized(member.current);
      held.push_back(partition_count(member.current));
      total += held.back();
    }
    const std::vector<Assignment> targets = assign_uniform(group.input());
    expect_valid(group, targets);
    // Those who have most keep one more, as far as it goes: any other choice moves more.
    std::ranges::sort(held, std::greater<>());
    size_t must_move = 0;
    for (size_t rank = 0; rank < held.size(); ++rank) {
      const size_t share = total / held.size() + (rank < total % held.size() ? 1 : 0);
      must_move += held[rank] > share ? held[rank] - share : 0;
    }
    EXPECT_EQ(quality(group, targets).moved, must_move);
    const auto [least, most] = std::ranges::minmax(targets, {}, &partition_count);
    EXPECT_LE(partition_count(most) - partition_count(least), 1U);
  }
}

TEST(Assignors, UniformLeavesAloneWhatItMadeItself) {
  std::mt19937 random(2);
  for (int i = 0; i < 300; ++i) {
    Group group = random_group(random, i % 2 == 0);
    const std::vector<Assignment> targets = assign_uniform(group.input());
    expect_valid(group, targets);
    for (size_t m = 0; m < targets.size(); ++m) {
      group.members[m].current = targets[m];
    }
    EXPECT_EQ(assign_uniform(group.input()), targets);
  }
}

TEST(Assignors, ANewMemberTakesItsShareAndNobodyElseGains) {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    Group group = random_group(random, true);
    const std::vector<Assignment> before = assign_uniform(group.input());
    for (size_t m = 0; m < before.size(); ++m) {
      group.members[m].current = before[m];
    }
    group.members.push_back({.id = "newcomer", .instance = {}, .topics = group.members[0].topics, .current = {}});
    const std::vector<Assignment> after = assign_uniform(group.input());
    expect_valid(group, after);
    EXPECT_EQ(quality(group, after).moved, partition_count(after.back()));
  }
}

TEST(Assignors, WhatIsGoneOrUnsubscribedOrHeldTwiceIsNotKept) {
  Group group;
  group.topics = {{.id = topic_id(1), .partition_count = 2}, {.id = topic_id(2), .partition_count = 1}};
  group.members = {{.id = "a", .instance = {}, .topics = {topic_id(1)}, .current = {{topic_id(1), {0, 1, 7}}}},
                   {.id = "b", .instance = {}, .topics = {topic_id(1), topic_id(9)}, .current = {{topic_id(1), {1}}}}};
  group.members[1].current = {{topic_id(1), {1}}, {topic_id(2), {0}}, {topic_id(9), {0}}};
  const std::vector<Assignment> targets = assign_uniform(group.input());
  expect_valid(group, targets);
  EXPECT_EQ(partition_count(targets[0]), 1U);
  EXPECT_EQ(partition_count(targets[1]), 1U);
  expect_valid(group, assign_range(group.input()));
}

TEST(Assignors, NobodyAndNothingAreFine) {
  EXPECT_TRUE(assign_uniform({}).empty());
  EXPECT_TRUE(assign_range({}).empty());
  Group group;
  group.members = {{.id = "a", .instance = {}, .topics = {}, .current = {}}};
  EXPECT_EQ(assign_uniform(group.input()), std::vector<Assignment>(1));
  EXPECT_EQ(assign_range(group.input()), std::vector<Assignment>(1));
}

TEST(AssignmentSums, AreThoseOfSets) {
  const Assignment a{{topic_id(1), {0, 1, 2}}, {topic_id(3), {5}}};
  const Assignment b{{topic_id(1), {1, 4}}, {topic_id(2), {0}}};
  EXPECT_EQ(intersection(a, b), (Assignment{{topic_id(1), {1}}}));
  EXPECT_EQ(difference(a, b), (Assignment{{topic_id(1), {0, 2}}, {topic_id(3), {5}}}));
  EXPECT_EQ(sum(a, b), (Assignment{{topic_id(1), {0, 1, 2, 4}}, {topic_id(2), {0}}, {topic_id(3), {5}}}));
  EXPECT_EQ(normalized({{topic_id(2), {}}, {topic_id(1), {3, 1}}, {topic_id(1), {1, 0}}}),
            (Assignment{{topic_id(1), {0, 1, 3}}}));
  EXPECT_TRUE(contains(a, topic_id(3), 5));
  EXPECT_FALSE(contains(a, topic_id(2), 5));
}

}  // namespace odradek::coordinator
