#include "load/groups.h"

#include <thread>

#include <fmt/format.h>

#include "load/report.h"
#include "protocol/error_code.h"
#include "protocol/messages/find_coordinator.h"
#include "protocol/messages/offset_commit.h"
#include "protocol/messages/offset_fetch.h"

namespace odradek::bench {
namespace {

using protocol::ErrorCode;
using protocol::Text;

constexpr int16_t find_coordinator_version = 3;
constexpr int16_t offset_fetch_version = 7;
constexpr std::chrono::seconds patience{120};

bool is_coordinated(Connection& broker, const std::string& group) {
  protocol::FindCoordinatorRequest request;
  request.key = Text(std::string_view(group));
  const auto answer = broker.call<protocol::FindCoordinatorResponse>(request, find_coordinator_version);
  if (is_not_ready(answer.error_code)) {
    return false;
  }
  must_be_none(answer.error_code, "find coordinator");
  // Who is named may still be reading the group's records; a fetch of offsets says so.
  return committed_offset(broker, group, "no-such-topic", 0).has_value();
}

}  // namespace

std::vector<std::string> group_names(const std::string& prefix, int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back(fmt::format("{}-{}", prefix, i));
  }
  return names;
}

bool is_not_ready(int16_t error_code) {
  const auto code = static_cast<ErrorCode>(error_code);
  return code == ErrorCode::CoordinatorNotAvailable || code == ErrorCode::CoordinatorLoadInProgress ||
         code == ErrorCode::NotCoordinator;
}

void wait_until_coordinated(Connection& broker, const std::vector<std::string>& groups) {
  const auto begin = Clock::now();
  for (const std::string& group : groups) {
    while (!is_coordinated(broker, group)) {
      if (Clock::now() - begin > patience) {
        give_up(fmt::format("group {} has no coordinator", group));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
}

Bytes commit_frame(const Commit& commit) {
  protocol::OffsetCommitRequest request;
  request.group_id = Text(std::string_view(commit.group));
  protocol::OffsetCommitRequest::OffsetCommitRequestTopic topic;
  topic.name = Text(std::string_view(commit.topic));
  for (int32_t i = 0; i < commit.partitions; ++i) {
    protocol::OffsetCommitRequest::OffsetCommitRequestPartition partition;
    partition.partition_index = commit.first + i;
    partition.committed_offset = commit.offset;
    partition.committed_metadata = Text(std::string_view());
    topic.partitions.push_back(std::move(partition));
  }
  request.topics.push_back(std::move(topic));
  const Text client(Connection::client_id);
  return must(protocol::request_frame(request, offset_commit_version, 0, client), "offset commit").flatten();
}

int16_t commit_error(ByteView frame) {
  const auto answer = Connection::read_answer<protocol::OffsetCommitResponse>(frame, offset_commit_version);
  for (const auto& topic : answer.topics) {
    for (const auto& partition : topic.partitions) {
      if (partition.error_code != 0) {
        return partition.error_code;
      }
    }
  }
  return 0;
}

std::optional<int64_t> committed_offset(Connection& broker, const std::string& group, const std::string& topic,
                                        int32_t partition) {
  protocol::OffsetFetchRequest request;
  request.group_id = Text(std::string_view(group));
  protocol::OffsetFetchRequest::OffsetFetchRequestTopic asked;
  asked.name = Text(std::string_view(topic));
  asked.partition_indexes.push_back(partition);
  request.topics->push_back(std::move(asked));
  const auto answer = broker.call<protocol::OffsetFetchResponse>(request, offset_fetch_version);
  if (is_not_ready(answer.error_code)) {
    return std::nullopt;
  }
  must_be_none(answer.error_code, "offset fetch");
  return answer.topics.at(0).partitions.at(0).committed_offset;
}

}  // namespace odradek::bench
