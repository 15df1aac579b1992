#include "api/offset_fetch.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "api/detail/groups.h"
#include "api/keep_alive.h"
#include "coordinator/group/offset_calls.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::Text;
using GroupRequest = OffsetFetchRequest::OffsetFetchRequestGroup;
using GroupAnswer = OffsetFetchResponse::OffsetFetchResponseGroup;

constexpr int16_t first_version_of_many = 8;
constexpr int16_t first_version_with_ids = 10;
constexpr int16_t first_version_with_top_error = 2;  // before, each partition carries it

void refuse(OffsetFetchResponse::OffsetFetchResponseTopics& topic, int32_t index, ErrorCode error) {
  auto& told = topic.partitions.emplace_back();
  told.partition_index = index;
  told.committed_offset = -1;
  told.metadata = Text("");
  told.error_code = wire_number(error);
}

GroupRequest only_group(const OffsetFetchRequest& request) {
  GroupRequest group;
  group.group_id = request.group_id;
  if (request.topics) {
    group.topics.emplace();
    for (const auto& topic : *request.topics) {
      auto& wanted = group.topics->emplace_back();
      wanted.name = topic.name;
      wanted.partition_indexes = topic.partition_indexes;
    }
  } else {
    group.topics.reset();
  }
  return group;
}

// Says which topics have these names now, so that nobody is told the offsets of those that had them before.
void name_ids(const metadata::MetadataImage& image, std::vector<OffsetFetchRequest::OffsetFetchRequestTopics>& topics) {
  for (auto& topic : topics) {
    const metadata::TopicImage* known = image.topic(topic.name.view());
    topic.topic_id = known == nullptr ? Uuid() : known->id.uuid();
  }
}

// Answers by id what was asked by id: topics that are not there are refused, of all the others their names are asked.
runtime::Task<GroupAnswer> fetch_group(RequestContext& context, GroupRequest request) {
  const metadata::SharedImage image = context.services->image();
  const bool by_id = context.api_version >= first_version_with_ids;
  GroupAnswer answer;
  answer.group_id = request.group_id;
  std::vector<OffsetFetchResponse::OffsetFetchResponseTopics> refused;
  if (by_id && request.topics) {
    std::erase_if(*request.topics, [&](OffsetFetchRequest::OffsetFetchRequestTopics& topic) {
      const metadata::TopicImage* known = image->topic(TopicId(topic.topic_id));
      if (known != nullptr) {
        topic.name = std::string_view(known->name);
        return false;
      }
      auto& told = refused.emplace_back();
      told.topic_id = topic.topic_id;
      for (const int32_t index : topic.partition_indexes) {
        refuse(told, index, ErrorCode::UnknownTopicId);
      }
      return true;
    });
  }
  if (!by_id && request.topics) {
    name_ids(*image, *request.topics);
  }
  if (request.group_id.size() > detail::stored_text_max) {
    answer.error_code = wire_number(ErrorCode::InvalidGroupId);
    co_return answer;
  }
  auto fetched =
      co_await detail::at_group(context, request.group_id, [&](std::shared_ptr<coordinator::GroupPartition> partition) {
        return coordinator::fetch_offsets(std::move(partition), request);
      });
  if (!fetched) {
    answer.error_code = wire_number(fetched.error());
    co_return answer;
  }
  answer = *std::move(fetched);
  if (by_id && !request.topics) {
    std::erase_if(answer.topics, [&](OffsetFetchResponse::OffsetFetchResponseTopics& topic) {
      const metadata::TopicImage* known = image->topic(topic.name.view());
      topic.topic_id = known == nullptr ? Uuid() : known->id.uuid();
      return known == nullptr;
    });
  }
  std::ranges::move(refused, std::back_inserter(answer.topics));
  co_return answer;
}

// The answer of versions that know one group: errors at the top, or in each partition.
OffsetFetchResponse only_answer(const RequestContext& context, const OffsetFetchRequest& request, GroupAnswer group) {
  OffsetFetchResponse response;
  response.error_code = group.error_code;
  const bool repeats_error = group.error_code != 0 && context.api_version < first_version_with_top_error;
  if (repeats_error && request.topics) {
    for (const auto& topic : *request.topics) {
      auto& told = group.topics.emplace_back();
      told.name = topic.name;
      for (const int32_t index : topic.partition_indexes) {
        refuse(told, index, static_cast<ErrorCode>(group.error_code));
      }
    }
  }
  for (auto& topic : group.topics) {
    auto& told = response.topics.emplace_back();
    told.name = std::move(topic.name);
    for (auto& partition : topic.partitions) {
      auto& offset = told.partitions.emplace_back();
      offset.partition_index = partition.partition_index;
      offset.committed_offset = partition.committed_offset;
      offset.committed_leader_epoch = partition.committed_leader_epoch;
      offset.metadata = std::move(partition.metadata);
      offset.error_code = partition.error_code;
    }
  }
  return response;
}

}  // namespace

runtime::Task<OffsetFetchResponse> offset_fetch(RequestContext& context, OffsetFetchRequest request) {
  if (context.api_version < first_version_of_many) {
    GroupAnswer group = co_await fetch_group(context, only_group(request));
    co_return only_answer(context, request, std::move(group));
  }
  OffsetFetchResponse response;
  detail::name_each_once(request.groups, &GroupRequest::group_id);
  for (GroupRequest& group : request.groups) {
    GroupAnswer answer = co_await fetch_group(context, group);
    response.groups.push_back(std::move(answer));
  }
  co_return response;
}

}  // namespace odradek::api
