#include "api/list_offsets.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "api/detail/ask_partitions.h"
#include "api/detail/find_partition.h"
#include "api/forward.h"
#include "api/services.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using replication::ReadLimit;
using PartitionAnswer = ListOffsetsResponse::ListOffsetsPartitionResponse;
namespace spec = replication::offset_spec;

constexpr int16_t first_version_of_one_offset = 1;  // version 0 answers with an array
constexpr int16_t first_version_with_epoch = 4;
constexpr int32_t ordinary_consumer = -1;  // a replica id
constexpr int8_t read_committed = 1;

struct LookupItem {
  detail::AnswerPlace place;
  PartitionId id;
  int64_t timestamp = 0;
  ReadLimit limit = ReadLimit::HighWatermark;
  LeaderEpoch current_leader_epoch;
  int32_t offsets_max = 0;  // of version 0; 0 in later ones
  int16_t version = 0;
};

// The first version that knows a timestamp which is none; nothing if no version does.
std::optional<int16_t> first_version_of(int64_t timestamp) {
  switch (timestamp) {
    case spec::latest:
    case spec::earliest: return int16_t{0};
    case spec::max_timestamp: return int16_t{7};
    case spec::earliest_local: return int16_t{8};
    case spec::latest_tiered: return int16_t{9};
    case spec::earliest_pending_upload: return int16_t{11};
    default: return std::nullopt;
  }
}

bool is_supported(int64_t timestamp, int16_t version) {
  if (timestamp >= 0) {
    return true;
  }
  const std::optional<int16_t> first = first_version_of(timestamp);
  return first && version >= *first;
}

ReadLimit limit_of(const ListOffsetsRequest& request) {
  if (request.replica_id != ordinary_consumer) {
    return ReadLimit::LogEnd;
  }
  return request.isolation_level == read_committed ? ReadLimit::LastStable : ReadLimit::HighWatermark;
}

runtime::Async<PartitionAnswer> find_one(std::shared_ptr<replication::Partition> partition, LookupItem item) {
  CO_TRY(const auto found, co_await partition->find_offset(item.timestamp, item.limit, item.current_leader_epoch));
  PartitionAnswer answer;
  if (found) {
    answer.timestamp = found->timestamp;
    answer.offset = found->offset.raw();
    if (item.version >= first_version_with_epoch) {
      answer.leader_epoch = found->epoch.raw();
    }
  }
  co_return answer;
}

// Version 0 lists positions to begin at, from the one asked for downwards: that one itself, then where segments begin.
// Kafka, up to 3.9, took the time a file was last written for the time of its segment; here the records' own time
// counts.
runtime::Async<PartitionAnswer> find_several(std::shared_ptr<replication::Partition> partition, LookupItem item) {
  CO_TRY(const auto start, co_await partition->find_offset(spec::earliest, item.limit, no_leader_epoch));
  CO_TRY(const auto end, co_await partition->find_offset(spec::latest, item.limit, no_leader_epoch));
  CO_TRY(const auto found, co_await partition->find_offset(item.timestamp, item.limit, no_leader_epoch));
  if (partition->log() == nullptr) {
    co_return fail(Errc::NotLeader);  // closed in the meantime
  }
  const Offset position = (found ? found : end)->offset;
  PartitionAnswer answer;
  if (item.timestamp < 0 || position > start->offset) {
    answer.old_style_offsets.push_back(position.raw());
  }
  const std::vector<Offset> starts = partition->log()->segment_starts();
  for (auto begins = starts.rbegin(); begins != starts.rend(); ++begins) {
    if (*begins < position) {
      answer.old_style_offsets.push_back(begins->raw());
    }
  }
  const auto offsets_max = static_cast<size_t>(std::max(item.offsets_max, 0));
  answer.old_style_offsets.resize(std::min(answer.old_style_offsets.size(), offsets_max));
  co_return answer;
}

using Named = std::pair<std::string_view, int32_t>;

std::set<Named> named_twice(const ListOffsetsRequest& request) {
  std::set<Named> once;
  std::set<Named> twice;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const Named named(topic.name.view(), partition.partition_index);
      if (!once.insert(named).second) {
        twice.insert(named);
      }
    }
  }
  return twice;
}

}  // namespace

runtime::Task<ListOffsetsResponse> list_offsets(RequestContext& context, ListOffsetsRequest request) {
  const metadata::SharedImage image = context.services->image();
  const std::set<Named> duplicates = named_twice(request);
  ListOffsetsResponse response;
  std::vector<LookupItem> items;
  for (const auto& topic : request.topics) {
    const metadata::TopicImage* known = image->topic(topic.name.view());
    auto& answers = response.topics.emplace_back();
    answers.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const std::optional<PartitionId> id = detail::find_partition(known, partition.partition_index);
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = partition.partition_index;
      if (duplicates.contains(Named(topic.name.view(), partition.partition_index))) {
        answer.error_code = wire_number(ErrorCode::InvalidRequest);
      } else if (!is_supported(partition.timestamp, context.api_version)) {
        answer.error_code = wire_number(ErrorCode::UnsupportedVersion);
      } else if (!id) {
        answer.error_code = wire_number(ErrorCode::UnknownTopicOrPartition);
      } else {
        items.push_back({.place = {response.topics.size() - 1, answers.partitions.size() - 1},
                         .id = *id,
                         .timestamp = partition.timestamp,
                         .limit = limit_of(request),
                         .current_leader_epoch = LeaderEpoch{partition.current_leader_epoch},
                         .offsets_max = partition.max_num_offsets,
                         .version = context.api_version});
      }
    }
  }
  auto found = co_await detail::ask_partitions<PartitionAnswer>(
      context.services->partitions, std::move(items), [](const auto& partition, const LookupItem& item) {
        return item.version < first_version_of_one_offset ? find_several(partition, item) : find_one(partition, item);
      });
  for (auto& [place, outcome] : found) {
    PartitionAnswer& answer = response.topics[place.topic].partitions[place.partition];
    if (outcome) {
      outcome->partition_index = answer.partition_index;
      answer = *std::move(outcome);
    } else {
      answer.error_code = wire_number(outcome.error().code);
    }
  }
  co_return response;
}

}  // namespace odradek::api
