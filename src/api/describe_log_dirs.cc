#include "api/describe_log_dirs.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "api/forward.h"
#include "runtime/file.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using replication::LogDescription;
using Request = protocol::DescribeLogDirsRequest;
using Response = protocol::DescribeLogDirsResponse;
using Directory = Response::DescribeLogDirsResult;

runtime::Task<std::vector<LogDescription>> describe_shard(replication::PartitionRouter& router) {
  co_return router.local().describe_logs();
}

// Which partitions were asked for.
class Filter {
 public:
  explicit Filter(const Request& request) : has_all_(!request.topics) {
    if (request.topics) {
      for (const Request::DescribableLogDirTopic& topic : *request.topics) {
        wanted_[topic.topic.view()].insert(topic.partitions.begin(), topic.partitions.end());
      }
    }
  }

  [[nodiscard]] bool contains(const TopicPartition& partition) const {
    if (has_all_) {
      return true;
    }
    const auto topic = wanted_.find(partition.topic);
    return topic != wanted_.end() && topic->second.contains(partition.index.raw());
  }

 private:
  bool has_all_;
  std::map<std::string_view, std::set<int32_t>> wanted_;
};

// By topic, ascending; within it by partition.
void add_logs(std::vector<const LogDescription*> logs, Directory& directory) {
  std::ranges::sort(logs, {}, [](const LogDescription* log) -> const TopicPartition& { return log->partition; });
  for (const LogDescription* log : logs) {
    if (directory.topics.empty() || directory.topics.back().name != log->partition.topic) {
      directory.topics.emplace_back().name = log->partition.topic;
    }
    Response::DescribeLogDirsPartition partition;
    partition.partition_index = log->partition.index.raw();
    partition.partition_size = static_cast<int64_t>(log->size_bytes);
    directory.topics.back().partitions.push_back(std::move(partition));
  }
}

int64_t clamped(uint64_t bytes) {
  return static_cast<int64_t>(std::min<uint64_t>(bytes, std::numeric_limits<int64_t>::max()));
}

bool is_cordoned(const RequestContext& context, DirectoryId directory) {
  const metadata::BrokerImage* self = context.services->image()->broker(context.services->broker.id);
  return self != nullptr && self->cordoned_directories &&
         std::ranges::find(*self->cordoned_directories, directory) != self->cordoned_directories->end();
}

}  // namespace

runtime::Task<Response> describe_log_dirs(RequestContext& context, Request request) {
  replication::PartitionRouter& router = context.services->partitions;
  const std::vector<std::vector<LogDescription>> shards =
      co_await router.shards().on_all([&router] { return describe_shard(router); });
  const Filter filter(request);
  const auto& directories = context.services->broker.log_directories;
  std::vector<std::vector<const LogDescription*>> logs(directories.size());
  for (const auto& shard : shards) {
    for (const LogDescription& log : shard) {
      if (filter.contains(log.partition)) {
        logs[log.directory].push_back(&log);
      }
    }
  }
  Response response;
  for (size_t i = 0; i < directories.size(); ++i) {
    Directory described;
    described.log_dir = std::string_view(directories[i].path);
    described.is_cordoned = is_cordoned(context, directories[i].id);
    const auto space = co_await runtime::Shard::current().files().space(directories[i].path);
    if (space && !router.local().has_failed(i)) {
      described.total_bytes = clamped(space->total_bytes);
      described.usable_bytes = clamped(space->usable_bytes);
      add_logs(std::move(logs[i]), described);
    } else {
      described.error_code = wire_number(ErrorCode::KafkaStorageError);
    }
    response.results.push_back(std::move(described));
  }
  co_return response;
}

}  // namespace odradek::api
