#include "sim/fetching.h"

#include <algorithm>

#include <fmt/format.h>

#include "protocol/messages/fetch.h"
#include "protocol/messages/list_offsets.h"
#include "record/batch_reader.h"

namespace odradek::sim {
namespace {

using protocol::ErrorCode;

constexpr int16_t fetch_version = 13;
constexpr int16_t list_offsets_version = 7;
constexpr int64_t earliest = -2;

std::string name_of(const Topic& topic, int32_t partition) { return fmt::format("{}-{}", topic.name, partition); }

Result<> take_in_record(Stage& stage, const Topic& topic, int32_t partition, const record::RecordView& record,
                        Fetched& fetched) {
  if (record.offset < fetched.next) {
    return {};  // the batch began before the offset that was asked for
  }
  if (record.offset > fetched.next && !topic.compacts) {
    return fail(Errc::CorruptMessage, fmt::format("offset {} follows {}", record.offset, fetched.next));
  }
  const auto writing = Writing::parse(as_text(record.value.value_or(ByteView())));
  if (!writing) {
    return fail(Errc::CorruptMessage, fmt::format("nobody wrote what lies at {}", record.offset));
  }
  if (auto trouble = stage.history.note_read(topic.partition(partition), record.offset, *writing, record.timestamp,
                                             stage.shown(topic))) {
    return fail(Errc::CorruptMessage, *std::move(trouble));
  }
  fetched.last_by_key[writing->key()] = record.offset;
  if (topic.compacts) {
    fetched.seen.insert(record.offset);
  }
  fetched.next = record.offset + 1;
  return {};
}

// Walks the records that were fetched.
Result<> take_in(Stage& stage, const Topic& topic, int32_t partition, ByteView bytes, Fetched& fetched) {
  record::BatchScanner batches(bytes);
  for (;;) {
    TRY(const auto batch, batches.next());
    if (!batch) {
      return {};
    }
    TRY(record::check_batch(batch->bytes));
    record::RecordReader records(batch->bytes);
    for (;;) {
      TRY(const auto record, records.next_record());
      if (!record) {
        break;
      }
      TRY(take_in_record(stage, topic, partition, *record, fetched));
    }
    if (topic.compacts) {
      fetched.next = std::max(fetched.next, batch->header.next_offset());
    }
  }
}

runtime::Async<std::optional<Offset>> list_offset(Client& client, Stage& stage, TopicPtr topic, int32_t partition,
                                                  int64_t timestamp) {
  protocol::ListOffsetsRequest request;
  request.replica_id = -1;
  protocol::ListOffsetsRequest::ListOffsetsTopic wanted;
  wanted.name = topic->name;
  protocol::ListOffsetsRequest::ListOffsetsPartition at;
  at.partition_index = partition;
  at.timestamp = timestamp;
  wanted.partitions.push_back(at);
  request.topics.push_back(std::move(wanted));
  CO_TRY(const auto answer, co_await client.call<protocol::ListOffsetsResponse>(request, list_offsets_version));
  const auto& result = answer.message.topics.at(0).partitions.at(0);
  const auto error = static_cast<ErrorCode>(result.error_code);
  if (error != ErrorCode::None) {
    if (stage.react(error, *topic) == Reaction::Wrong) {
      stage.fail(fmt::format("{}: listing offsets fails with error {}", name_of(*topic, partition), result.error_code));
    }
    co_return fail(Errc::Cancelled, "no offset");
  }
  co_return result.offset < 0 ? std::optional<Offset>() : Offset{result.offset};
}

}  // namespace

runtime::Async<Fetched> fetch_once(Client& client, Stage& stage, TopicPtr topic, int32_t partition, Offset from,
                                   std::chrono::milliseconds wait) {
  protocol::FetchRequest request;
  request.max_wait_ms = static_cast<int32_t>(wait.count());
  request.min_bytes = 1;
  request.max_bytes = 1 << 20;
  request.session_epoch = -1;
  protocol::FetchRequest::FetchTopic wanted;
  wanted.topic_id = topic->id.uuid();
  protocol::FetchRequest::FetchPartition at;
  at.partition = partition;
  at.fetch_offset = from.raw();
  at.partition_max_bytes = static_cast<int32_t>(1 + stage.world.chance().below(16'384));
  wanted.partitions.push_back(std::move(at));
  request.topics.push_back(std::move(wanted));
  CO_TRY(const auto answer, co_await client.call<protocol::FetchResponse>(request, fetch_version));
  if (answer.message.error_code != 0) {
    co_return Fetched{.error = static_cast<ErrorCode>(answer.message.error_code),
                      .next = from,
                      .high_watermark = from,
                      .log_start = from,
                      .last_by_key = {},
                      .seen = {}};
  }
  const auto& data = answer.message.responses.at(0).partitions.at(0);
  Fetched fetched{.error = static_cast<ErrorCode>(data.error_code),
                  .next = from,
                  .high_watermark = Offset{data.high_watermark},
                  .log_start = Offset{data.log_start_offset},
                  .last_by_key = {},
                  .seen = {}};
  if (fetched.error != ErrorCode::None) {
    co_return fetched;
  }
  const Result<> taken = take_in(stage, *topic, partition, data.records ? data.records->view() : ByteView(), fetched);
  if (!taken) {
    stage.fail(fmt::format("{}: {}", name_of(*topic, partition), taken.error().message));
    co_return std::unexpected(taken.error());
  }
  if (fetched.next > fetched.high_watermark) {
    stage.fail(fmt::format("{}: read up to {}, above the high watermark {}", name_of(*topic, partition), fetched.next,
                           fetched.high_watermark));
  }
  co_return fetched;
}

runtime::Async<> read_through(Client& client, Stage& stage, TopicPtr topic, int32_t partition) {
  CO_TRY(const auto start, co_await list_offset(client, stage, topic, partition, earliest));
  Offset begin = start.value_or(Offset{0});
  Offset next = begin;
  std::map<int64_t, Offset> last_by_key;
  std::set<Offset> seen;
  while (!stage.is_over()) {
    const Offset before = next;
    CO_TRY(const Fetched fetched,
           co_await fetch_once(client, stage, topic, partition, next, std::chrono::milliseconds(0)));
    if (fetched.error == ErrorCode::OffsetOutOfRange && topic->expires) {
      CO_TRY(const auto risen, co_await list_offset(client, stage, topic, partition, earliest));
      next = begin = risen.value_or(next);
      continue;
    }
    if (fetched.error != ErrorCode::None) {
      if (stage.react(fetched.error, *topic) == Reaction::Wrong) {
        stage.fail(fmt::format("{}: fetching {} fails with error {}", name_of(*topic, partition), next,
                               static_cast<int16_t>(fetched.error)));
      }
      co_return Result<>{};
    }
    next = fetched.next;
    for (const auto& [key, offset] : fetched.last_by_key) {
      last_by_key[key] = offset;
    }
    seen.insert(fetched.seen.begin(), fetched.seen.end());
    // Where records are compacted, nobody can tell a gap that a power cut has left at the end from one that was there
    // before: the log goes on above it.
    if (next == before && (next >= fetched.high_watermark || topic->compacts)) {
      break;
    }
  }
  if (topic->expires) {
    stage.history.allow_start(topic->partition(partition), next);
  }
  if (const auto trouble =
          stage.history.settle(topic->partition(partition), begin, next, topic->compacts ? &seen : nullptr)) {
    stage.fail(fmt::format("{}: {}", name_of(*topic, partition), *trouble));
  }
  if (topic->compacts) {
    if (const auto trouble = stage.history.check_compacted(topic->partition(partition), begin, last_by_key)) {
      stage.fail(fmt::format("{}: {}", name_of(*topic, partition), *trouble));
    }
  }
  co_return Result<>{};
}

runtime::Async<> look_up_timestamps(Client& client, Stage& stage, TopicPtr topic, int32_t partition) {
  CO_TRY(const auto start, co_await list_offset(client, stage, topic, partition, earliest));
  for (int i = 0; i < 2 && !stage.is_over(); ++i) {
    const int64_t timestamp = stage.wall_now() - static_cast<int64_t>(stage.world.chance().below(4'000));
    CO_TRY(const auto answer, co_await list_offset(client, stage, topic, partition, timestamp));
    const auto trouble =
        stage.history.check_timestamp(topic->partition(partition), start.value_or(Offset{0}), timestamp, answer);
    if (trouble && !topic->expires && !topic->compacts) {
      stage.fail(fmt::format("{}: {}", name_of(*topic, partition), *trouble));
    }
  }
  co_return Result<>{};
}

}  // namespace odradek::sim
