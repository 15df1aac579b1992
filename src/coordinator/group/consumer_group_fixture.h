// Consumer groups in tests: a cluster's topics, a group, and members that do what clients do.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/group/consumer_heartbeat.h"
#include "metadata/metadata_delta.h"
#include "metadata/metadata_fixture.h"

namespace odradek::coordinator {

// What a client of the consumer protocol knows.
struct TestMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::vector<std::string> topics;
  std::string regex;
  std::optional<std::string> assignor;
  int32_t epoch = 0;
  Assignment assigned;   // by the last answer that had an assignment
  Assignment owned;      // after revoking; what it reads
  bool is_slow = false;  // does not give up partitions
};

class ConsumerGroupTest : public testing::Test {
 protected:
  void topic(const std::string& name, int32_t partitions) {
    metadata::MetadataDelta delta(image_);
    const metadata::TopicImage* known = image_->topic(name);
    const Uuid id = known != nullptr ? known->id.uuid() : Uuid{1, ++topics_};
    if (known == nullptr) {
      replay(delta, metadata::topic_record(name, id));
    }
    for (int32_t i = known == nullptr ? 0 : known->partition_count(); i < partitions; ++i) {
      replay(delta, metadata::partition_record(id, i));
    }
    finish(std::move(delta));
  }
  void drop_topic(const std::string& name) {
    metadata::MetadataDelta delta(image_);
    protocol::RemoveTopicRecord record;
    record.topic_id = image_->topic(name)->id.uuid();
    replay(delta, record);
    finish(std::move(delta));
  }
  TopicId id_of(const std::string& name) const { return image_->topic(name)->id; }

  static TestMember member(std::string id, std::vector<std::string> topics) {
    TestMember result;
    result.id = std::move(id);
    result.topics = std::move(topics);
    return result;
  }

  // The member's next heartbeat, and what it does with the answer. Error codes are returned.
  protocol::ErrorCode beat(TestMember& who) {
    ConsumerHeartbeatRequest request = request_of(who);
    const ConsumerHeartbeatResponse response = send(request);
    const auto error = static_cast<protocol::ErrorCode>(response.error_code);
    if (error == protocol::ErrorCode::None) {
      take(who, response);
    } else if (error == protocol::ErrorCode::FencedMemberEpoch || error == protocol::ErrorCode::UnknownMemberId) {
      who.epoch = 0;
      who.owned.clear();
      who.assigned.clear();
    }
    return error;
  }

  ConsumerHeartbeatRequest request_of(const TestMember& who) const {
    ConsumerHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = std::string_view(who.id);
    request.member_epoch = who.epoch;
    if (who.instance_id) {
      request.instance_id = std::string_view(*who.instance_id);
    }
    if (who.epoch == 0) {
      request.rebalance_timeout_ms = 300'000;
      request.subscribed_topic_names.emplace();
      for (const std::string& name : who.topics) {
        request.subscribed_topic_names->emplace_back(std::string_view(name));
      }
      if (!who.regex.empty()) {
        request.subscribed_topic_regex = std::string_view(who.regex);
      }
      if (who.assignor) {
        request.server_assignor = std::string_view(*who.assignor);
      }
    }
    request.topic_partitions.emplace();
    for (const TopicPartitions& topic : who.owned) {
      request.topic_partitions->push_back(
          {.topic_id = topic.topic.uuid(), .partitions = topic.partitions, .unknown_tags = {}});
    }
    return request;
  }

  ConsumerHeartbeatResponse send(const ConsumerHeartbeatRequest& request) {
    if (std::optional<ConsumerHeartbeatResponse> invalid = check_heartbeat(request, 1, options_)) {
      return *std::move(invalid);
    }
    ConsumerContext context = context_now();
    const TopicMatches matches = match(request);
    context.matches = &matches;
    if (group_ && !context.topics_changed && is_idle_heartbeat(*group_, request, caller_)) {
      ++idle_;
      return idle_answer(*group_, request, context);
    }
    ConsumerStep step(group_ ? &*group_ : nullptr, "g", context);
    ConsumerHeartbeatResponse response =
        request.member_epoch < 0 ? leave(step, request) : heartbeat(step, request, caller_, "made-up");
    if (response.error_code == 0) {
      topics_changed_ = false;
      apply(step.take_records());
    }
    return response;
  }

  void expire(const std::string& id) {
    const ConsumerContext context = context_now();
    ConsumerStep step(&*group_, "g", context);
    remove_members(step, std::span(&id, 1));
    apply(step.take_records());
  }

  void apply(std::vector<machine::LogRecord> records) {
    if (!records.empty() && !group_) {
      group_.emplace("g");
    }
    for (machine::LogRecord& record : records) {
      replay_into(*group_, record);
      log_.push_back(std::move(record));
    }
  }

  static void replay_into(ConsumerGroup& group, const machine::LogRecord& record) {
    const machine::LogRecordView view{.key = ByteView(*record.key),
                                      .value = record.value ? std::optional<ByteView>(*record.value) : std::nullopt};
    const Result<std::optional<GroupChange>> change = decode_change(view);
    ASSERT_TRUE(change.has_value() && change->has_value());
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { group.replay(one); }) {
            group.replay(one);
          }
        },
        **change);
  }

  // What a restart makes of the log.
  ConsumerGroup replayed() const {
    ConsumerGroup result("g");
    for (const machine::LogRecord& record : log_) {
      replay_into(result, record);
    }
    return result;
  }

  static std::vector<std::string> matching_topics(std::string_view expression, const metadata::SharedImage& image) {
    const std::vector<const metadata::TopicImage*> topics = image->topics_by_name();
    TopicSearch search(expression, topics);
    while (!search.look_on()) {
    }
    return search.take_names();
  }

  TopicMatches match(const ConsumerHeartbeatRequest& request) const {
    TopicMatches result{.topics = {}, .position = image_->position().offset.raw()};
    std::vector<std::string> expressions = group_ ? group_->regexes_to_match(true) : std::vector<std::string>();
    if (request.subscribed_topic_regex) {
      expressions.push_back(request.subscribed_topic_regex->str());
    }
    for (const std::string& expression : expressions) {
      result.topics.emplace(expression, matching_topics(expression, image_));
    }
    return result;
  }

  ConsumerContext context_now() const {
    return {.image = *image_,
            .options = options_,
            .wall_ms = now_,
            .topics_changed = topics_changed_,
            .regexes_are_old = false};
  }

  // No partition is read by two.
  static void expect_exclusive(const std::vector<TestMember*>& members) {
    std::map<std::pair<TopicId, int32_t>, std::string> readers;
    for (const TestMember* who : members) {
      for (const TopicPartitions& topic : who->owned) {
        for (const int32_t partition : topic.partitions) {
          const auto [place, is_first] = readers.try_emplace({topic.topic, partition}, who->id);
          EXPECT_TRUE(is_first) << partition << " is read by " << place->second << " and " << who->id;
        }
      }
    }
  }

  metadata::SharedImage image_ = std::make_shared<const metadata::MetadataImage>();
  ConsumerOptions options_;
  int64_t now_ = 1'000'000;
  bool topics_changed_ = false;
  Caller caller_{.client_id = "client", .client_host = "/127.0.0.1", .api_version = 1};
  std::optional<ConsumerGroup> group_;
  std::vector<machine::LogRecord> log_;
  size_t idle_ = 0;

 private:
  static void take(TestMember& who, const ConsumerHeartbeatResponse& response) {
    who.epoch = response.member_epoch;
    if (response.assignment) {
      who.assigned.clear();
      for (const auto& topic : response.assignment->topic_partitions) {
        who.assigned.push_back({.topic = TopicId(topic.topic_id), .partitions = topic.partitions});
      }
    }
    if (!who.is_slow) {
      who.owned = who.assigned;
    }
  }
  static void replay(metadata::MetadataDelta& delta, const metadata::MetadataRecord& record) {
    ASSERT_TRUE(delta.replay(record).has_value());
  }
  void finish(metadata::MetadataDelta delta) {
    image_ = std::move(delta).finish({.offset = Offset{++position_}, .epoch = LeaderEpoch{1}, .timestamp = now_}).image;
    topics_changed_ = true;
  }

  uint64_t topics_ = 0;
  int64_t position_ = 0;
};

}  // namespace odradek::coordinator
