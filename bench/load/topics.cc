#include "load/topics.h"

#include <algorithm>
#include <span>
#include <thread>

#include <fmt/format.h>

#include "load/report.h"
#include "protocol/error_code.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/list_offsets.h"
#include "protocol/messages/metadata.h"

namespace odradek::bench {
namespace {

using protocol::ErrorCode;
using protocol::Text;

constexpr int16_t create_topics_version = 5;
constexpr int16_t delete_topics_version = 5;
constexpr int16_t metadata_version = 9;
constexpr int16_t list_offsets_version = 6;
constexpr int64_t latest = -1;
constexpr int32_t timeout_ms = 120'000;
constexpr int32_t partitions_per_request_max = 5000;  // brokers refuse requests that make more than 10,000 records

void create(Connection& broker, std::span<const std::string> names, int32_t partitions) {
  protocol::CreateTopicsRequest request;
  request.timeout_ms = timeout_ms;
  for (const std::string& name : names) {
    protocol::CreateTopicsRequest::CreatableTopic topic;
    topic.name = Text(std::string_view(name));
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    // So that what one measurement has written is gone soon after it.
    protocol::CreateTopicsRequest::CreatableTopicConfig config;
    config.name = Text("file.delete.delay.ms");
    config.value = Text("1000");
    topic.configs.push_back(std::move(config));
    request.topics.push_back(std::move(topic));
  }
  const auto answer = broker.call<protocol::CreateTopicsResponse>(request, create_topics_version);
  for (const auto& topic : answer.topics) {
    if (static_cast<ErrorCode>(topic.error_code) != ErrorCode::TopicAlreadyExists) {
      must_be_none(topic.error_code, fmt::format("create topic {}", topic.name.view()));
    }
  }
}

void ask_for_offsets(protocol::ListOffsetsRequest& request, Text topic, const std::vector<int32_t>& partitions) {
  protocol::ListOffsetsRequest::ListOffsetsTopic asked;
  asked.name = topic;
  for (const int32_t index : partitions) {
    protocol::ListOffsetsRequest::ListOffsetsPartition partition{};
    partition.partition_index = index;
    partition.timestamp = latest;
    asked.partitions.push_back(partition);
  }
  request.replica_id = -1;
  request.topics.push_back(std::move(asked));
}

// Whether the metadata names a leader for every partition of the set.
bool metadata_names_leaders(Connection& broker, const TopicSet& set, const std::vector<std::string>& names) {
  protocol::MetadataRequest request;
  request.topics.emplace();
  request.allow_auto_topic_creation = false;
  for (const std::string& name : names) {
    request.topics->emplace_back().name = Text(std::string_view(name));
  }
  const auto answer = broker.call<protocol::MetadataResponse>(request, metadata_version);
  return answer.topics.size() == names.size() && std::ranges::all_of(answer.topics, [&set](const auto& topic) {
           return topic.error_code == 0 && topic.partitions.size() == static_cast<size_t>(set.partitions) &&
                  std::ranges::all_of(topic.partitions, [](const auto& partition) {
                    return partition.error_code == 0 && partition.leader_id >= 0;
                  });
         });
}

// Drops from `left` (one list of partitions per topic) those that the broker serves; how many remain.
size_t ask_which_are_not_led(Connection& broker, const std::vector<std::string>& names,
                             std::vector<std::vector<int32_t>>& left) {
  protocol::ListOffsetsRequest request;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!left[i].empty()) {
      ask_for_offsets(request, Text(std::string_view(names[i])), left[i]);
    }
  }
  const auto answer = broker.call<protocol::ListOffsetsResponse>(request, list_offsets_version);
  size_t remain = 0;
  for (const auto& topic : answer.topics) {
    const auto place = std::ranges::find(names, topic.name.view());
    if (place == names.end()) {
      give_up("the broker answers about topics it was not asked for");
    }
    auto& still = left[static_cast<size_t>(place - names.begin())];
    still.clear();
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != 0) {
        still.push_back(partition.partition_index);
      }
    }
    remain += still.size();
  }
  return remain;
}

}  // namespace

std::vector<std::string> TopicSet::names() const {
  if (topics == 1) {
    return {name};
  }
  std::vector<std::string> result;
  for (int32_t i = 0; i < topics; ++i) {
    result.push_back(fmt::format("{}-{}", name, i));
  }
  return result;
}

void create_topics(Connection& broker, const TopicSet& set) {
  const auto names = set.names();
  const auto at_once = static_cast<size_t>(std::max(1, partitions_per_request_max / set.partitions));
  for (size_t begin = 0; begin < names.size(); begin += at_once) {
    create(broker, std::span(names).subspan(begin, std::min(at_once, names.size() - begin)), set.partitions);
  }
}

void delete_topics(Connection& broker, const TopicSet& set) {
  const auto names = set.names();
  protocol::DeleteTopicsRequest request;
  request.timeout_ms = timeout_ms;
  for (const std::string& name : names) {
    request.topic_names.emplace_back(std::string_view(name));
  }
  const auto answer = broker.call<protocol::DeleteTopicsResponse>(request, delete_topics_version);
  for (const auto& topic : answer.responses) {
    must_be_none(topic.error_code, "delete topic");
  }
}

void wait_until_led(Connection& broker, const TopicSet& set, std::chrono::seconds limit) {
  using std::chrono::milliseconds;
  const auto names = set.names();
  const auto begin = Clock::now();
  std::vector<int32_t> all(static_cast<size_t>(set.partitions));
  for (int32_t i = 0; i < set.partitions; ++i) {
    all[static_cast<size_t>(i)] = i;
  }
  std::vector<std::vector<int32_t>> left(names.size(), all);
  bool is_named = false;
  for (;;) {
    is_named = is_named || metadata_names_leaders(broker, set, names);
    if (is_named && ask_which_are_not_led(broker, names, left) == 0) {
      return;
    }
    if (Clock::now() - begin > limit) {
      give_up("the broker does not lead all partitions in time");
    }
    // Asking about many partitions is work for the broker, too.
    std::this_thread::sleep_for(set.topics * set.partitions > 1000 ? milliseconds(50) : milliseconds(2));
  }
}

std::vector<int64_t> end_offsets(Connection& broker, const std::string& topic, int32_t partitions) {
  std::vector<int32_t> all(static_cast<size_t>(partitions));
  for (int32_t i = 0; i < partitions; ++i) {
    all[static_cast<size_t>(i)] = i;
  }
  protocol::ListOffsetsRequest request;
  ask_for_offsets(request, Text(std::string_view(topic)), all);
  const auto answer = broker.call<protocol::ListOffsetsResponse>(request, list_offsets_version);
  std::vector<int64_t> ends(static_cast<size_t>(partitions), 0);
  for (const auto& answered : answer.topics) {
    for (const auto& partition : answered.partitions) {
      must_be_none(partition.error_code, "end offset");
      ends.at(static_cast<size_t>(partition.partition_index)) = partition.offset;
    }
  }
  return ends;
}

}  // namespace odradek::bench
