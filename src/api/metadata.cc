#include "api/metadata.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <unordered_map>

#include "api/advertised.h"
#include "api/authorized_operations.h"
#include "api/auto_created_topics.h"
#include "api/forward.h"
#include "api/keep_alive.h"
#include "model/topic_name.h"

namespace odradek::api {

namespace {

using metadata::MetadataImage;
using metadata::PartitionImage;
using metadata::TopicImage;
using protocol::ErrorCode;
using Request = protocol::MetadataRequest;
using Response = protocol::MetadataResponse;
using Topic = Response::MetadataResponseTopic;
using Partition = Response::MetadataResponsePartition;

// What the image looks like to one client.
struct View {
  const MetadataImage& image;
  std::string_view listener;
  int16_t version;
};

std::vector<int32_t> reachable(const View& view, const std::vector<NodeId>& nodes) {
  std::vector<int32_t> ids;
  for (const NodeId node : nodes) {
    if (is_reachable(view.image, node, view.listener)) {
      ids.push_back(node.raw());
    }
  }
  return ids;
}

ErrorCode leader_error(const View& view, const PartitionImage& partition) {
  const bool listens_elsewhere = view.image.broker(partition.leader) != nullptr;
  return listens_elsewhere && view.version >= 6 ? ErrorCode::ListenerNotFound : ErrorCode::LeaderNotAvailable;
}

Partition describe(const View& view, int32_t index, const PartitionImage& partition) {
  // Clients of version 0 take every replica for one they can reach, so the others are left out for them.
  const bool only_reachable = view.version == 0;
  Partition described;
  described.partition_index = index;
  described.leader_id = advertised_leader(view.image, partition, view.listener).raw();
  described.leader_epoch = partition.leader_epoch.raw();
  described.replica_nodes = only_reachable ? reachable(view, partition.replicas) : raw_ids(partition.replicas);
  described.isr_nodes = only_reachable ? reachable(view, partition.isr) : raw_ids(partition.isr);
  described.offline_replicas = offline_replicas(view.image, partition, view.listener);
  const bool all_there =
      described.replica_nodes.size() == partition.replicas.size() && described.isr_nodes.size() == partition.isr.size();
  if (described.leader_id == no_node.raw()) {
    described.error_code = wire_number(leader_error(view, partition));
  } else if (!all_there) {
    described.error_code = wire_number(ErrorCode::ReplicaNotAvailable);
  }
  return described;
}

Topic describe(const View& view, const TopicImage& topic) {
  Topic described;
  described.name = protocol::Text(std::string_view(topic.name));
  described.topic_id = topic.id.uuid();
  described.is_internal = metadata::is_internal_topic(topic.name);
  described.partitions.reserve(static_cast<size_t>(topic.partition_count()));
  for (int32_t index = 0; index < topic.partition_count(); ++index) {
    if (const PartitionImage* partition = topic.partition(PartitionIndex{index})) {
      described.partitions.push_back(describe(view, index, *partition));
    }
  }
  return described;
}

Topic without_partitions(std::string_view name, ErrorCode error) {
  Topic topic;
  topic.error_code = wire_number(error);
  topic.name = protocol::Text(name);
  topic.is_internal = metadata::is_internal_topic(name);
  return topic;
}

// What a creation that did not work is answered with. The client asks again after any other error, as after success.
ErrorCode after_creation(int16_t error_code) {
  const auto error = static_cast<ErrorCode>(error_code);
  const bool is_final = error == ErrorCode::InvalidTopicException || error == ErrorCode::InvalidReplicationFactor;
  return is_final ? error : ErrorCode::UnknownTopicOrPartition;
}

// Has the topics created, and answers that they are unknown: as Kafka, which does not wait for its controller. Clients
// ask again and find them.
runtime::Task<std::vector<Topic>> create(RequestContext& context, std::vector<std::string_view> names) {
  protocol::CreateTopicsRequest request;
  for (const std::string_view name : names) {
    request.topics.push_back(auto_created_topic(*context.services->config, name));
  }
  machine::CallContext call = call_context(context);
  call.api_version = protocol::CreateTopicsRequest::max_version;
  auto answer = co_await context.services->controller.call(std::move(call), request);
  std::unordered_map<std::string_view, ErrorCode> errors;
  if (answer) {
    for (const auto& created : answer->topics) {
      errors.emplace(created.name, after_creation(created.error_code));
    }
  }
  std::vector<Topic> topics;
  for (const std::string_view name : names) {
    const auto found = errors.find(name);
    topics.push_back(
        without_partitions(name, found == errors.end() ? ErrorCode::UnknownTopicOrPartition : found->second));
  }
  co_return topics;
}

// Which topics the answer is about.
struct Wanted {
  std::vector<const TopicImage*> known;
  std::vector<std::string_view> unknown_names;
  std::vector<Uuid> unknown_ids;
};

bool wants_all(const RequestContext& context, const Request& request) {
  return !request.topics || (request.topics->empty() && context.api_version == 0);
}

// Each once, whatever the request repeats. If one topic is asked for by id, names do not count.
Wanted find_topics(const MetadataImage& image, const std::vector<Request::MetadataRequestTopic>& asked) {
  Wanted wanted;
  std::set<Uuid> ids;
  for (const auto& topic : asked) {
    if (topic.topic_id.is_zero() || !ids.insert(topic.topic_id).second) {
      continue;
    }
    if (const TopicImage* known = image.topic(TopicId(topic.topic_id))) {
      wanted.known.push_back(known);
    } else {
      wanted.unknown_ids.push_back(topic.topic_id);
    }
  }
  if (!ids.empty()) {
    return wanted;
  }
  std::set<std::string_view> names;
  for (const auto& topic : asked) {
    if (!names.insert(topic.name->view()).second) {
      continue;
    }
    if (const TopicImage* known = image.topic(topic.name->view())) {
      wanted.known.push_back(known);
    } else {
      wanted.unknown_names.push_back(topic.name->view());
    }
  }
  return wanted;
}

bool is_well_formed(const RequestContext& context, const Request& request) {
  for (const auto& topic : *request.topics) {
    const bool has_id = !topic.topic_id.is_zero();
    if (context.api_version < 12 ? has_id || !topic.name : !has_id && !topic.name) {
      return false;
    }
  }
  return true;
}

Response refuse_all(const Request& request, ErrorCode error) {
  Response response;
  for (const auto& asked : *request.topics) {
    Topic topic = without_partitions(asked.name ? asked.name->view() : "", error);
    topic.topic_id = asked.topic_id;
    response.topics.push_back(std::move(topic));
  }
  return response;
}

// Topics by name that are not there: created where client and broker wish it, with a legal name.
runtime::Task<std::vector<Topic>> answer_unknown(RequestContext& context, std::vector<std::string_view> names,
                                                 bool client_allows_creation) {
  std::vector<Topic> topics;
  std::vector<std::string_view> legal;
  for (const std::string_view name : names) {
    if (!check_topic_name(name)) {
      topics.push_back(without_partitions(name, ErrorCode::InvalidTopicException));
    } else if (name == metadata_topic_name) {
      topics.push_back(without_partitions(name, ErrorCode::UnknownTopicOrPartition));
    } else {
      legal.push_back(name);
    }
  }
  if (!legal.empty() && client_allows_creation && context.services->config->get_bool("auto.create.topics.enable")) {
    std::vector<Topic> created = co_await create(context, std::move(legal));
    std::ranges::move(created, std::back_inserter(topics));
    co_return topics;
  }
  for (const std::string_view name : legal) {
    topics.push_back(without_partitions(name, ErrorCode::UnknownTopicOrPartition));
  }
  co_return topics;
}

void describe_cluster(const View& view, const BrokerIdentity& self, Response& response) {
  for (const auto& [broker, endpoint] : advertised_brokers(view.image, view.listener, FencedBrokers::Without)) {
    Response::MetadataResponseBroker described;
    described.node_id = broker->id.raw();
    described.host = std::string_view(endpoint->host);
    described.port = endpoint->port;
    if (broker->rack) {
      described.rack = protocol::Text(std::string_view(*broker->rack));
    }
    response.brokers.push_back(std::move(described));
  }
  response.cluster_id = protocol::Text(std::string_view(self.cluster_id));
  response.controller_id = live_controller(view.image, self.id).raw();
}

}  // namespace

runtime::Task<Response> metadata(RequestContext& context, Request request) {
  const metadata::SharedImage image = context.services->image();
  keep_alive(context, image);  // the answer views its names
  const View view{.image = *image, .listener = context.connection->listener, .version = context.api_version};
  const bool all = wants_all(context, request);
  if (!all && !is_well_formed(context, request)) {
    // Kafka stumbles over a topic with neither name nor id, and says so.
    co_return refuse_all(request, context.api_version < 12 ? ErrorCode::InvalidRequest : ErrorCode::UnknownServerError);
  }
  Wanted wanted;
  if (all) {
    wanted.known = image->topics_by_name();
  } else {
    wanted = find_topics(*image, *request.topics);
  }

  Response response;
  describe_cluster(view, context.services->broker, response);
  response.topics.reserve(wanted.known.size());
  for (const TopicImage* topic : wanted.known) {
    response.topics.push_back(describe(view, *topic));
  }
  std::vector<Topic> unknown =
      co_await answer_unknown(context, std::move(wanted.unknown_names), request.allow_auto_topic_creation);
  std::ranges::move(unknown, std::back_inserter(response.topics));
  if (request.include_topic_authorized_operations) {
    for (Topic& topic : response.topics) {
      topic.topic_authorized_operations = all_topic_operations;
    }
  }
  for (const Uuid& id : wanted.unknown_ids) {
    Topic topic;
    topic.error_code = wire_number(ErrorCode::UnknownTopicId);
    topic.name.reset();
    topic.topic_id = id;
    response.topics.push_back(std::move(topic));
  }
  if (request.include_cluster_authorized_operations) {
    response.cluster_authorized_operations = all_cluster_operations;
  }
  co_return response;
}

}  // namespace odradek::api
