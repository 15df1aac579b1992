#include "api/fetch.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "api/detail/ask_owners.h"
#include "api/detail/find_partition.h"
#include "api/down_conversion.h"
#include "api/fetch_sessions.h"
#include "api/forward.h"
#include "api/services.h"
#include "config/topic_config.h"
#include "replication/fetch_round.h"
#include "runtime/shard.h"

namespace odradek::api {

namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using replication::FetchAnswer;
using replication::FetchItem;
using replication::FetchRound;
using replication::ReadLimit;

constexpr int16_t first_version_with_limit = 3;   // max_bytes; and the first batch always comes whole
constexpr int16_t first_version_unconverted = 4;  // knows message format v2
constexpr int16_t first_version_with_storage_errors = 6;
constexpr int16_t first_version_with_zstd = 10;
constexpr int16_t first_version_by_topic_id = 13;
constexpr int16_t first_version_with_replica_state = 15;
constexpr int16_t first_version_with_leaders = 16;

constexpr int32_t ordinary_consumer = -1;  // a replica id; -2 is a consumer that debugs, others are followers
constexpr int8_t read_committed = 1;

// About so much is converted for one request: it is memory of ours, and whoever wants more asks again.
constexpr uint64_t converted_bytes_max = uint64_t{1} << 20;

// A request of so many bytes does not wait long: others may need the memory that it holds meanwhile. It is a client
// with many thousands of partitions that sends one, or one that means to hold memory.
constexpr size_t large_request_size = size_t{64} << 10;
constexpr std::chrono::milliseconds large_request_wait_max{5'000};
constexpr size_t huge_request_size = size_t{1} << 20;
constexpr std::chrono::milliseconds huge_request_wait_max{100};

// One partition of this fetch, in the order of the answer.
struct Part {
  FetchSession::Entries::iterator entry;
  std::optional<PartitionId> id;
  ErrorCode error = ErrorCode::None;  // known without asking the partition
  std::optional<Result<replication::FetchedRecords>> read;
};

int32_t replica_of(const FetchRequest& request, int16_t version) {
  return version >= first_version_with_replica_state ? request.replica_state.replica_id : request.replica_id;
}

ReadLimit limit_of(const FetchRequest& request, int16_t version) {
  if (replica_of(request, version) != ordinary_consumer) {
    return ReadLimit::LogEnd;
  }
  return request.isolation_level == read_committed ? ReadLimit::LastStable : ReadLimit::HighWatermark;
}

// Nobody follows this broker: whoever says so is not among the partition's replicas.
ErrorCode refuse_follower(const metadata::PartitionImage& partition, LeaderEpoch believed) {
  if (believed == no_leader_epoch) {
    return ErrorCode::NotLeaderOrFollower;
  }
  return believed < partition.leader_epoch ? ErrorCode::FencedLeaderEpoch : ErrorCode::UnknownLeaderEpoch;
}

// Consumers that cannot read zstd are kept from topics that are compressed with it; what producers compressed so on
// their own comes as it is.
bool stores_zstd(const config::BrokerConfig& broker, const metadata::MetadataImage& image, std::string_view topic) {
  const metadata::ConfigMap& set = image.configs(metadata::ConfigResourceType::Topic, topic);
  const auto own = set.find("compression.type");
  return (own == set.end() ? std::string_view(broker.get_string("compression.type")) : own->second) == "zstd";
}

class Fetch {
 public:
  Fetch(RequestContext& context, const FetchRequest& request, FetchTurn turn)
      : context_(context),
        request_(request),
        version_(context.api_version),
        turn_(std::move(turn)),
        image_(context.services->image()),
        limit_(limit_of(request, version_)) {
    set_limits();
    parts_.reserve(turn_.session->size());
    for (auto entry = turn_.session->entries().begin(); entry != turn_.session->entries().end(); ++entry) {
      parts_.push_back(resolve(entry));
    }
  }

  // Reads, and waits where there is too little.
  [[nodiscard]] runtime::Task<void> read();
  [[nodiscard]] runtime::Task<FetchResponse> answer();

 private:
  void set_limits();
  [[nodiscard]] Part resolve(FetchSession::Entries::iterator entry) const;
  [[nodiscard]] ErrorCode check(const metadata::TopicImage* topic, const FetchEntry& entry) const;
  [[nodiscard]] std::vector<FetchItem> items() const;
  [[nodiscard]] std::vector<runtime::ShardId> shards_of(const std::vector<FetchItem>& items) const;
  void cut();
  [[nodiscard]] runtime::Task<void> convert();
  [[nodiscard]] FetchResponse::PartitionData partition_answer(Part& part, FetchResponse& response) const;
  void add(const FetchEntry& entry, FetchResponse::PartitionData data, FetchResponse& response) const;

  // Ends the round when the broker stops; `done` ends the watching.
  [[nodiscard]] static runtime::Task<void> watch(runtime::Waiter& waiter, const bool& done,
                                                 std::shared_ptr<FetchRound> round);

  RequestContext& context_;
  const FetchRequest& request_;
  int16_t version_;
  FetchTurn turn_;
  metadata::SharedImage image_;
  ReadLimit limit_;
  uint64_t bytes_max_ = 0;
  std::vector<Part> parts_;
};

void Fetch::set_limits() {
  const auto broker_max = static_cast<uint64_t>(context_.services->config->get_int("fetch.max.bytes"));
  const uint64_t asked =
      version_ >= first_version_with_limit ? static_cast<uint64_t>(std::max(request_.max_bytes, 0)) : broker_max;
  bytes_max_ = std::min(asked, broker_max);
}

Part Fetch::resolve(FetchSession::Entries::iterator entry) const {
  const metadata::TopicImage* topic = version_ >= first_version_by_topic_id
                                          ? image_->topic(entry->topic_id)
                                          : image_->topic(std::string_view(entry->topic));
  return {.entry = entry,
          .id = detail::find_partition(topic, entry->index.raw()),
          .error = check(topic, *entry),
          .read = {}};
}

ErrorCode Fetch::check(const metadata::TopicImage* topic, const FetchEntry& entry) const {
  if (topic == nullptr) {
    return version_ >= first_version_by_topic_id ? ErrorCode::UnknownTopicId : ErrorCode::UnknownTopicOrPartition;
  }
  const metadata::PartitionImage* partition = topic->partition(entry.index);
  if (partition == nullptr) {
    return ErrorCode::UnknownTopicOrPartition;
  }
  if (replica_of(request_, version_) >= 0) {
    return refuse_follower(*partition, entry.current_leader_epoch);
  }
  if (version_ < first_version_with_zstd && stores_zstd(*context_.services->config, *image_, topic->name)) {
    return ErrorCode::UnsupportedCompressionType;
  }
  return ErrorCode::None;
}

std::vector<FetchItem> Fetch::items() const {
  std::vector<FetchItem> items;
  items.reserve(parts_.size());
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].error != ErrorCode::None) {
      continue;
    }
    const FetchEntry& entry = *parts_[i].entry;
    items.push_back({.place = i,
                     .id = *parts_[i].id,
                     .spec = {.from = entry.from,
                              .bytes_max = static_cast<uint64_t>(std::max(entry.bytes_max, 0)),
                              .cut_first = version_ < first_version_with_limit,
                              .limit = limit_,
                              .current_leader_epoch = entry.current_leader_epoch,
                              .last_fetched_epoch = entry.last_fetched_epoch}});
  }
  return items;
}

std::vector<runtime::ShardId> Fetch::shards_of(const std::vector<FetchItem>& items) const {
  std::vector<runtime::ShardId> shards;
  for (const FetchItem& item : items) {
    const runtime::ShardId owner = context_.services->partitions.owner(item.id);
    if (std::ranges::find(shards, owner) == shards.end()) {
      shards.push_back(owner);
    }
  }
  return shards;
}

runtime::Task<void> Fetch::read() {
  std::vector<FetchItem> wanted = items();
  if (wanted.empty()) {
    co_return;
  }
  replication::PartitionRouter& router = context_.services->partitions;
  Stopping& stopping = context_.services->stopping;
  auto wait_max = std::chrono::milliseconds(stopping.has_begun ? 0 : std::max(request_.max_wait_ms, 0));
  if (context_.frame_size > large_request_size) {
    const bool is_huge = context_.frame_size > huge_request_size;
    wait_max = std::min(wait_max, is_huge ? huge_request_wait_max : large_request_wait_max);
  }
  const auto bytes_min = static_cast<uint64_t>(std::max(request_.min_bytes, 0));
  const auto round =
      std::make_shared<FetchRound>(router.shards(), shards_of(wanted),
                                   replication::FetchLimits{.bytes_min = std::min(bytes_min, bytes_max_),
                                                            .bytes_max = bytes_max_,
                                                            .at_least_one = version_ >= first_version_with_limit,
                                                            .deadline = runtime::Shard::current().in(wait_max)});
  runtime::Waiter waiter;
  waiter.subscribe(stopping.begun);
  bool done = false;
  runtime::TaskGroup watching;
  watching.spawn(watch(waiter, done, round));
  std::vector<FetchAnswer> answers = co_await detail::ask_owners<FetchAnswer>(
      router, std::move(wanted), [round](replication::PartitionTable& table, std::vector<FetchItem> share) {
        return FetchRound::run(round, table, std::move(share));
      });
  done = true;
  waiter.notify();
  co_await watching.join();
  for (FetchAnswer& answer : answers) {
    parts_[answer.place].read = std::move(answer.records);
  }
}

runtime::Task<void> Fetch::watch(runtime::Waiter& waiter, const bool& done, std::shared_ptr<FetchRound> round) {
  co_await waiter.wait();
  if (!done) {
    FetchRound::end(round);
  }
}

// Every shard read up to the whole limit: what is too much in all goes, partition by partition.
void Fetch::cut() {
  uint64_t left = bytes_max_;
  bool is_first = version_ >= first_version_with_limit;
  for (Part& part : parts_) {
    if (!part.read || !*part.read || (*part.read)->records.empty()) {
      continue;
    }
    Blob& records = (*part.read)->records;
    if (records.size() > left && !is_first) {
      records = Blob();
    }
    left -= std::min(left, records.size());
    is_first = false;
  }
}

runtime::Task<void> Fetch::convert() {
  const int8_t magic = version_ < 2 ? 0 : 1;
  uint64_t left = std::min(bytes_max_, converted_bytes_max);
  for (Part& part : parts_) {
    if (!part.read || !*part.read || (*part.read)->records.empty()) {
      continue;
    }
    Blob& records = (*part.read)->records;
    if (left == 0) {
      records = Blob();
      continue;
    }
    Result<Bytes> converted = co_await convert_down(std::move(records), magic, part.entry->from, left);
    if (converted) {
      left -= std::min<uint64_t>(left, converted->size());
      records = Blob(*std::move(converted));
    } else {
      part.read = std::unexpected(std::move(converted).error());
    }
  }
}

FetchResponse::PartitionData Fetch::partition_answer(Part& part, FetchResponse& response) const {
  FetchResponse::PartitionData data;
  data.partition_index = part.entry->index.raw();
  data.high_watermark = -1;
  data.records = Blob();
  if (part.error != ErrorCode::None) {
    data.error_code = wire_number(part.error);
  } else if (part.read && *part.read) {
    replication::FetchedRecords& read = **part.read;
    data.high_watermark = read.high_watermark.raw();
    data.last_stable_offset = read.last_stable.raw();
    data.log_start_offset = read.log_start.raw();
    data.records = std::move(read.records);
    if (read.diverging) {
      data.diverging_epoch.epoch = read.diverging->epoch.raw();
      data.diverging_epoch.end_offset = read.diverging->end.raw();
    }
    if (limit_ == ReadLimit::LastStable) {
      for (const storage::AbortedTransaction& aborted : read.aborted) {
        auto& told = data.aborted_transactions->emplace_back();
        told.producer_id = aborted.producer.raw();
        told.first_offset = aborted.first.raw();
      }
    } else {
      data.aborted_transactions.reset();
    }
  } else {
    data.error_code = wire_number(part.read ? part.read->error().code : Errc::NotLeader);
    data.aborted_transactions.reset();
  }
  if (version_ < first_version_with_storage_errors && data.error_code == wire_number(ErrorCode::KafkaStorageError)) {
    data.error_code = wire_number(ErrorCode::NotLeaderOrFollower);
  }
  const bool elsewhere = data.error_code == wire_number(ErrorCode::NotLeaderOrFollower) ||
                         data.error_code == wire_number(ErrorCode::FencedLeaderEpoch);
  if (elsewhere && part.id && version_ >= first_version_with_leaders) {
    detail::tell_leader(context_, *image_, *part.id, data, response);
  }
  return data;
}

// Partitions of a topic that follow each other share its heading.
void Fetch::add(const FetchEntry& entry, FetchResponse::PartitionData data, FetchResponse& response) const {
  auto& topics = response.responses;
  if (topics.empty() || topics.back().topic_id != entry.topic_id.uuid() || topics.back().topic.view() != entry.topic) {
    auto& topic = topics.emplace_back();
    topic.topic = protocol::Text::owned(entry.topic);  // the session may be gone when the answer is encoded
    topic.topic_id = entry.topic_id.uuid();
  }
  topics.back().partitions.push_back(std::move(data));
}

runtime::Task<FetchResponse> Fetch::answer() {
  runtime::Shard& shard = runtime::Shard::current();
  FetchResponse response;
  // First of all: if the session moved on meanwhile, its entries are not those of this request any more.
  const Result<int32_t> session = context_.services->fetch_sessions.end(turn_, shard.now(), shard.random());
  if (!session) {
    response.error_code = wire_number(session.error().code);
    co_return response;
  }
  response.session_id = *session;
  if (*session != 0 && context_.affinity != nullptr) {
    context_.affinity->stay();  // the session is this shard's
  }
  cut();
  if (version_ < first_version_unconverted) {
    co_await convert();
  }
  for (Part& part : parts_) {
    FetchResponse::PartitionData data = partition_answer(part, response);
    const FetchNews news{.high_watermark = Offset{data.high_watermark},
                         .log_start = Offset{data.log_start_offset},
                         .records_size = data.records->size(),
                         .has_error = data.error_code != wire_number(ErrorCode::None),
                         .is_diverging = data.diverging_epoch.epoch != -1};
    const bool is_news = FetchSession::note(*part.entry, news);
    if (turn_.is_incremental && news.records_size > 0) {
      turn_.session->move_back(part.entry);
    }
    if (is_news || !turn_.is_incremental) {
      add(*part.entry, std::move(data), response);
    }
  }
  co_return response;
}

}  // namespace

runtime::Task<FetchResponse> fetch(RequestContext& context, FetchRequest request) {
  Result<FetchTurn> turn =
      context.services->fetch_sessions.begin(request, context.api_version, runtime::Shard::current().now());
  if (!turn) {
    FetchResponse refused;
    refused.error_code = wire_number(turn.error().code);
    co_return refused;
  }
  Fetch fetch(context, request, *std::move(turn));
  co_await fetch.read();
  FetchResponse response = co_await fetch.answer();
  co_return response;
}

}  // namespace odradek::api
