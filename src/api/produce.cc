#include "api/produce.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/detail/ask_owners.h"
#include "api/detail/find_partition.h"
#include "api/forward.h"
#include "api/services.h"
#include "base/big_endian.h"
#include "record/batch_header.h"
#include "runtime/shard.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using PartitionAnswer = ProduceResponse::PartitionProduceResponse;

constexpr int16_t first_version_by_topic_id = 13;
constexpr int16_t first_version_with_leaders = 10;

// Only the admin client's name opens topics that brokers write themselves, as in Kafka.
constexpr std::string_view admin_client_id = "__admin_client";

// Where the answer for a partition belongs in the response.
struct Place {
  size_t topic = 0;
  size_t partition = 0;
};

struct AppendItem {
  Place place;
  PartitionId id;
  Blob records;
  replication::ProduceSpec spec;
};

struct AppendAnswer {
  Place place;
  PartitionId id;
  PartitionAnswer answer;
  Offset awaited{-1};  // not to be acknowledged yet up to here; -1: nothing to wait for
};

struct CommitItem {
  Place place;
  PartitionId id;
  Offset end;
  int16_t acks;
  runtime::Deadline deadline;
};

struct CommitAnswer {
  Place place;
  ErrorCode error;
};

PartitionAnswer refusal(int32_t index, ErrorCode error) {
  PartitionAnswer answer;
  answer.index = index;
  answer.error_code = wire_number(error);
  answer.base_offset = -1;
  return answer;
}

// Kafka says where the log starts with errors that it counts as the producer's, and not with these.
bool tells_log_start(Errc error) {
  return error != Errc::UnknownTopicOrPartition && error != Errc::NotLeader && error != Errc::RecordTooLarge &&
         error != Errc::RecordListTooLarge && error != Errc::CorruptMessage &&
         protocol::wire_code(error) != ErrorCode::KafkaStorageError;
}

PartitionAnswer refusal(int32_t index, const storage::AppendFailure& failure, replication::Partition& partition) {
  PartitionAnswer answer = refusal(index, protocol::wire_code(failure.error.code));
  if (tells_log_start(failure.error.code) && partition.log() != nullptr) {
    answer.log_start_offset = partition.log()->start_offset().raw();
  }
  if (!failure.records.empty()) {
    answer.error_message = protocol::Text::owned(failure.error.message);
  }
  for (const record::RecordError& record : failure.records) {
    auto& told = answer.record_errors.emplace_back();
    told.batch_index = record.index;
    told.batch_index_error_message = protocol::Text::owned(record.message);
  }
  return answer;
}

runtime::Task<AppendAnswer> append(replication::PartitionTable& table, AppendItem item) {
  const int32_t index = item.id.index.raw();
  const std::shared_ptr<replication::Partition> partition = table.find(item.id);
  if (partition == nullptr) {
    co_return AppendAnswer{item.place, item.id, refusal(index, ErrorCode::NotLeaderOrFollower)};
  }
  if (table.is_full(*partition)) {
    co_return AppendAnswer{item.place, item.id, refusal(index, protocol::wire_code(Errc::NoSpace))};
  }
  if (const replication::TopicRules* rules = table.rules(item.id.topic)) {
    item.spec.min_insync_replicas = rules->min_insync_replicas;
  }
  const storage::AppendResult appended = co_await partition->append(std::move(item.records), item.spec);
  if (!appended) {
    AppendAnswer refused{item.place, item.id, refusal(index, appended.error(), *partition)};
    if (appended.error().error.code == Errc::DuplicateSequence && item.spec.acks == -1) {
      // To the client this is success: it means as much as an acknowledgement.
      refused.awaited = partition->log()->end_offset();
    }
    co_return refused;
  }
  AppendAnswer done{item.place, item.id, {}};
  done.answer.index = index;
  done.answer.base_offset = appended->first.raw();
  done.answer.log_append_time_ms = appended->log_append_time;
  done.answer.log_start_offset = appended->log_start.raw();
  const Offset end = appended->last + 1;
  if (!partition->is_acknowledged(end, item.spec.acks)) {
    done.awaited = end;
  }
  co_return done;
}

// One after the other: they share a core, and a partition named twice gets its batches in order.
runtime::Task<std::vector<AppendAnswer>> append_all(replication::PartitionTable& table, std::vector<AppendItem> items) {
  std::vector<AppendAnswer> answers;
  answers.reserve(items.size());
  for (AppendItem& item : items) {
    AppendAnswer answer = co_await append(table, std::move(item));
    answers.push_back(std::move(answer));
  }
  co_return answers;
}

runtime::Task<std::vector<CommitAnswer>> await_all(replication::PartitionTable& table, std::vector<CommitItem> items) {
  std::vector<CommitAnswer> answers;
  answers.reserve(items.size());
  for (const CommitItem& item : items) {
    ErrorCode error = ErrorCode::NotLeaderOrFollower;
    if (const std::shared_ptr<replication::Partition> partition = table.find(item.id)) {
      const Result<> done = co_await partition->acknowledged(item.end, item.acks, item.deadline);
      error = done ? ErrorCode::None : protocol::wire_code(done.error().code);
    }
    answers.push_back({item.place, error});
  }
  co_return answers;
}

bool is_transactional(const std::optional<Blob>& records) {
  if (!records || records->size() < record::batch_header_size) {
    return false;
  }
  const uint8_t* batch = records->view().data();
  return static_cast<int8_t>(batch[record::magic_at]) == 2 &&
         (load_big_endian<int16_t>(batch + record::attributes_at) & record::transactional_bit) != 0;
}

bool has_transactional(const ProduceRequest& request) {
  for (const auto& topic : request.topic_data) {
    for (const auto& partition : topic.partition_data) {
      if (is_transactional(partition.records)) {
        return true;
      }
    }
  }
  return false;
}

// The request's partitions sorted into those to be appended and answers that are known already.
class Plan {
 public:
  Plan(const RequestContext& context, const metadata::MetadataImage& image, const ProduceRequest& request)
      : context_(context),
        image_(image),
        acks_(request.acks),
        lacks_transactional_id_(!request.transactional_id && has_transactional(request)) {
    response.responses.reserve(request.topic_data.size());
    for (const auto& topic : request.topic_data) {
      add(topic);
    }
  }

  ProduceResponse response;
  std::vector<AppendItem> items;

 private:
  void add(const ProduceRequest::TopicProduceData& topic) {
    const bool by_id = context_.api_version >= first_version_by_topic_id;
    const metadata::TopicImage* known = by_id ? image_.topic(TopicId(topic.topic_id)) : image_.topic(topic.name.view());
    auto& answers = response.responses.emplace_back();
    answers.name = topic.name;
    answers.topic_id = topic.topic_id;
    answers.partition_responses.resize(topic.partition_data.size());
    for (size_t i = 0; i < topic.partition_data.size(); ++i) {
      const auto& partition = topic.partition_data[i];
      const std::optional<PartitionId> id = detail::find_partition(known, partition.index);
      const ErrorCode error = check(known, id.has_value(), partition.records);
      if (error != ErrorCode::None) {
        refuse(answers.partition_responses[i], partition.index, error);
        continue;
      }
      items.push_back({.place = {.topic = response.responses.size() - 1, .partition = i},
                       .id = *id,
                       .records = partition.records.value_or(Blob()),
                       .spec = {.produce_version = context_.api_version, .acks = acks_}});
    }
  }

  [[nodiscard]] ErrorCode check(const metadata::TopicImage* topic, bool has_partition,
                                const std::optional<Blob>& records) const {
    if (lacks_transactional_id_) {
      return ErrorCode::TransactionalIdAuthorizationFailed;
    }
    if (topic == nullptr && context_.api_version >= first_version_by_topic_id) {
      return ErrorCode::UnknownTopicId;
    }
    if (!has_partition) {
      return ErrorCode::UnknownTopicOrPartition;
    }
    if (acks_ < -1 || acks_ > 1) {
      return ErrorCode::InvalidRequiredAcks;
    }
    if (metadata::is_internal_topic(topic->name) && context_.client_id != admin_client_id) {
      return ErrorCode::InvalidTopicException;
    }
    // Whether the transaction knows this partition is its coordinator's to say, and there is none: Kafka answers so
    // while it cannot reach the coordinator, and the producer tries again.
    return is_transactional(records) ? ErrorCode::NotEnoughReplicas : ErrorCode::None;
  }

  static void refuse(PartitionAnswer& answer, int32_t index, ErrorCode error) {
    answer = refusal(index, error);
    if (error == ErrorCode::NotEnoughReplicas) {
      answer.error_message =
          "Unable to verify the partition has been added to the transaction. Underlying error: "
          "COORDINATOR_NOT_AVAILABLE";
    }
  }

  const RequestContext& context_;
  const metadata::MetadataImage& image_;
  int16_t acks_;
  bool lacks_transactional_id_;
};

bool has_error(const ProduceResponse& response) {
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partition_responses) {
      if (partition.error_code != wire_number(ErrorCode::None)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

runtime::Async<std::optional<ProduceResponse>> produce(RequestContext& context, ProduceRequest request) {
  const metadata::SharedImage image = context.services->image();
  replication::PartitionRouter& router = context.services->partitions;
  Plan plan(context, *image, request);
  ProduceResponse& response = plan.response;
  const auto answer_at = [&response](const Place& place) -> PartitionAnswer& {
    return response.responses[place.topic].partition_responses[place.partition];
  };

  // Where all is this shard's, the next request need not wait until this one is written.
  size_t unordered = plan.items.size();
  const std::function<void()> ordered = [&] {
    if (--unordered == 0) {
      context.appended();
    }
  };
  if (detail::only_owner(router, plan.items) == runtime::Shard::current().id()) {
    for (AppendItem& item : plan.items) {
      item.spec.ordered = &ordered;
    }
  }
  std::vector<AppendAnswer> appended =
      co_await detail::ask_owners<AppendAnswer>(router, std::move(plan.items), append_all, context.affinity);
  if (unordered > 0) {
    context.appended();
  }

  std::vector<CommitItem> uncommitted;
  const runtime::Deadline deadline = runtime::Shard::current().in(std::chrono::milliseconds(request.timeout_ms));
  for (AppendAnswer& one : appended) {
    if (one.awaited.raw() >= 0) {
      uncommitted.push_back(
          {.place = one.place, .id = one.id, .end = one.awaited, .acks = request.acks, .deadline = deadline});
    }
    PartitionAnswer& answer = answer_at(one.place);
    answer = std::move(one.answer);
    if (answer.error_code == wire_number(ErrorCode::NotLeaderOrFollower) &&
        context.api_version >= first_version_with_leaders) {
      detail::tell_leader(context, *image, one.id, answer, response);
    }
  }
  const std::vector<CommitAnswer> committed =
      co_await detail::ask_owners<CommitAnswer>(router, std::move(uncommitted), await_all);
  for (const CommitAnswer& one : committed) {
    if (one.error != ErrorCode::None) {
      PartitionAnswer& answer = answer_at(one.place);
      if (one.error == ErrorCode::KafkaStorageError) {
        answer = refusal(answer.index, one.error);
      } else {
        answer.error_code = wire_number(one.error);
      }
    }
  }

  if (request.acks != 0) {
    co_return std::optional(std::move(response));
  }
  if (has_error(response)) {
    co_return fail(Errc::ConnectionClosed, "a batch with acks 0 was not appended");
  }
  co_return std::optional<ProduceResponse>();
}

}  // namespace odradek::api
