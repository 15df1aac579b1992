#include <map>
#include <set>

#include "controller/topic_decisions.h"

namespace odradek::controller {

namespace {

using Request = protocol::DeleteTopicsRequest;
using Response = protocol::DeleteTopicsResponse;

// One topic as the request names it; ids came with version 6.
struct Wanted {
  std::optional<std::string_view> name;
  TopicId id;
};

std::vector<Wanted> wanted_topics(const Request& request) {
  std::vector<Wanted> result;
  for (const auto& name : request.topic_names) {
    result.push_back({.name = name.view(), .id = {}});
  }
  for (const auto& topic : request.topics) {
    result.push_back(
        {.name = topic.name ? std::optional(topic.name->view()) : std::nullopt, .id = TopicId(topic.topic_id)});
  }
  return result;
}

Result<const metadata::TopicImage*> find(const ClusterState& state, const Wanted& wanted) {
  if (wanted.name && !wanted.id.is_zero()) {
    return fail(Errc::InvalidRequest, "You may not specify both topic name and topic id.");
  }
  if (!wanted.name && wanted.id.is_zero()) {
    return fail(Errc::InvalidRequest, "Neither topic name nor id were specified.");
  }
  const metadata::TopicImage* topic = wanted.name ? state.image().topic(*wanted.name) : state.image().topic(wanted.id);
  if (topic == nullptr) {
    return wanted.name ? fail(Errc::UnknownTopicOrPartition, "This server does not host this topic-partition.")
                       : fail(Errc::UnknownTopicId, "This server does not host this topic ID.");
  }
  return topic;
}

}  // namespace

Result<machine::Decision<Response>> delete_topics(const ClusterState& state, const DecisionContext& context,
                                                  const Request& request, int16_t api_version) {
  if (!context.config.get_bool("delete.topic.enable")) {
    // The code of its own came with version 3.
    return fail(api_version < 3 ? Errc::InvalidRequest : Errc::TopicDeletionDisabled, "Topic deletion is disabled.");
  }
  const std::vector<Wanted> all = wanted_topics(request);
  std::map<std::string_view, int> by_name;
  std::map<TopicId, int> by_id;
  for (const Wanted& wanted : all) {
    if (wanted.name) {
      ++by_name[*wanted.name];
    }
    if (!wanted.id.is_zero()) {
      ++by_id[wanted.id];
    }
  }
  RecordList records(state);
  Response response;
  std::set<TopicId> going;
  for (const Wanted& wanted : all) {
    auto& result = response.responses.emplace_back();
    result.name.reset();
    if (wanted.name) {
      result.name = protocol::Text(*wanted.name);
    }
    result.topic_id = wanted.id.uuid();
    Result<const metadata::TopicImage*> topic = find(state, wanted);
    if (wanted.name && by_name[*wanted.name] > 1) {
      topic = fail(Errc::InvalidRequest, "Duplicate topic name.");
    } else if (!wanted.id.is_zero() && by_id[wanted.id] > 1) {
      topic = fail(Errc::InvalidRequest, "Duplicate topic id.");
    } else if (topic && !going.insert((*topic)->id).second) {
      topic = fail(Errc::InvalidRequest, "The provided topic name maps to an ID that was already supplied.");
    }
    if (!topic) {
      const Refusal why = refusal(topic.error());
      result.error_code = why.raw_code();
      result.error_message = protocol::Text(why.message);
      continue;
    }
    result.name = protocol::Text((*topic)->name);
    result.topic_id = (*topic)->id.uuid();
    protocol::RemoveTopicRecord record;
    record.topic_id = (*topic)->id.uuid();
    records.add(record);
  }
  return machine::Decision<Response>{.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
