#include <map>
#include <optional>
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

  [[nodiscard]] bool is_mistaken() const { return name.has_value() != id.is_zero(); }  // it has both, or neither
};

// How often a request names each topic. An entry that is mistaken in itself makes no other one a duplicate.
struct Counts {
  std::map<std::string_view, int> by_name;
  std::map<TopicId, int> by_id;
};

Counts count(const std::vector<Wanted>& all) {
  Counts counts;
  for (const Wanted& wanted : all) {
    if (wanted.is_mistaken()) {
      continue;
    }
    if (wanted.name) {
      ++counts.by_name[*wanted.name];
    } else {
      ++counts.by_id[wanted.id];
    }
  }
  return counts;
}

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

Result<const metadata::TopicImage*> find(const ClusterState& state, const Counts& counts, const Wanted& wanted) {
  if (wanted.name && !wanted.id.is_zero()) {
    return fail(Errc::InvalidRequest, "You may not specify both topic name and topic id.");
  }
  if (!wanted.name && wanted.id.is_zero()) {
    return fail(Errc::InvalidRequest, "Neither topic name nor id were specified.");
  }
  if (wanted.name && counts.by_name.at(*wanted.name) > 1) {
    return fail(Errc::InvalidRequest, "Duplicate topic name.");
  }
  const metadata::TopicImage* topic = wanted.name ? state.image().topic(*wanted.name) : state.image().topic(wanted.id);
  if (topic == nullptr) {
    return wanted.name ? fail(Errc::UnknownTopicOrPartition, "This server does not host this topic-partition.")
                       : fail(Errc::UnknownTopicId, "This server does not host this topic ID.");
  }
  return topic;
}

// Why a topic that is there is not to be deleted: the request names it once more, by its id.
Result<> check_once(const Counts& counts, const Wanted& wanted, const metadata::TopicImage* topic) {
  if (!wanted.name && counts.by_id.at(wanted.id) > 1) {
    return fail(Errc::InvalidRequest, "Duplicate topic id.");
  }
  if (wanted.name && topic != nullptr && counts.by_id.contains(topic->id)) {
    return fail(Errc::InvalidRequest, "The provided topic name maps to an ID that was already supplied.");
  }
  return {};
}

}  // namespace

Result<machine::Decision<Response>> delete_topics(const ClusterState& state, const DecisionContext& context,
                                                  const Request& request, int16_t api_version) {
  if (!context.config.get_bool("delete.topic.enable")) {
    // The code of its own came with version 3.
    return fail(api_version < 3 ? Errc::InvalidRequest : Errc::TopicDeletionDisabled, "Topic deletion is disabled.");
  }
  const std::vector<Wanted> all = wanted_topics(request);
  const Counts counts = count(all);
  RecordList records(state);
  Response response;
  std::set<std::string_view> names_answered;
  std::set<TopicId> ids_answered;
  for (const Wanted& wanted : all) {
    Result<const metadata::TopicImage*> topic = find(state, counts, wanted);
    const metadata::TopicImage* known = topic ? *topic : nullptr;
    if (!wanted.is_mistaken()) {
      // What is named twice is answered once, under its name if it has been named in both ways.
      const bool is_first =
          wanted.name ? names_answered.insert(*wanted.name).second : ids_answered.insert(wanted.id).second;
      if (!is_first || (!wanted.name && known != nullptr && counts.by_name.contains(known->name))) {
        continue;
      }
      if (const Result<> once = check_once(counts, wanted, known); !once) {
        topic = std::unexpected(once.error());
      }
    }
    auto& result = response.responses.emplace_back();
    result.name.reset();
    if (wanted.name) {
      result.name = protocol::Text(*wanted.name);
    } else if (topic) {
      result.name = protocol::Text((*topic)->name);
    }
    result.topic_id = known != nullptr ? known->id.uuid() : wanted.id.uuid();
    if (!topic) {
      const Refusal why = refusal(topic.error());
      result.error_code = why.raw_code();
      result.error_message = protocol::Text(why.message);
      continue;
    }
    protocol::RemoveTopicRecord record;
    record.topic_id = known->id.uuid();
    records.add(record);
  }
  return machine::Decision<Response>{.records = std::move(records).take(), .reply = std::move(response)};
}

}  // namespace odradek::controller
