#include "cli/batch_json.h"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "base/crc32c.h"
#include "cli/record_message.h"
#include "protocol/byte_text.h"
#include "record/compression.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

using record::BatchDescription;
using record::BatchHeader;
using record::RecordDescription;

constexpr size_t shown_max = 4096;

json::value to_json(const std::optional<Bytes>& bytes) {
  if (!bytes) {
    return nullptr;
  }
  if (bytes->size() > shown_max) {
    return json::object{{"size", bytes->size()}, {"crc32c", crc32c(*bytes)}};
  }
  return json::string(protocol::base64(*bytes));
}

std::string_view name(record::TimestampType type) {
  switch (type) {
    case record::TimestampType::None: return "NoTimestampType";
    case record::TimestampType::CreateTime: return "CreateTime";
    case record::TimestampType::LogAppendTime: return "LogAppendTime";
  }
  unreachable();
}

std::string_view compression_of(const BatchHeader& header) {
  const Result<record::Codec> codec = header.codec();
  return codec ? record::name(*codec) : "unknown";
}

json::array headers_of(const RecordDescription& record) {
  json::array headers;
  for (const auto& [key, value] : record.headers) {
    headers.push_back(json::object{{"key", key}, {"value", to_json(value)}});
  }
  return headers;
}

json::object to_json(const RecordDescription& record, const BatchHeader& batch, RecordMeaning meaning) {
  json::object out{{"offset", record.offset.raw()}, {"timestamp", record.timestamp}};
  if (batch.magic == 2) {
    out.emplace("sequence", record.sequence);
    out.emplace("size", record.size);
  }
  out.emplace("key", to_json(record.key));
  out.emplace("value", to_json(record.value));
  if (batch.magic == 2) {
    out.emplace("headers", headers_of(record));
  }
  if (batch.is_control()) {
    out.emplace("control", control_json(record));
  } else if (meaning == RecordMeaning::Metadata && record.value) {
    out.emplace("message", metadata_json(*record.value));
  }
  return out;
}

void add_v2_fields(const BatchDescription& batch, json::object& out) {
  const BatchHeader& header = batch.header;
  out.emplace("partitionLeaderEpoch", header.leader_epoch.raw());
  out.emplace("lastOffsetDelta", header.last_offset_delta);
  out.emplace("baseTimestamp", header.base_timestamp);
  out.emplace("producerId", header.producer_id.raw());
  out.emplace("producerEpoch", header.producer_epoch.raw());
  out.emplace("baseSequence", header.base_sequence);
  out.emplace("count", header.record_count);
  out.emplace("isTransactional", header.is_transactional());
  out.emplace("isControl", header.is_control());
  out.emplace("nextOffset", header.next_offset().raw());
  out.emplace("lastSequence", header.last_sequence());
  if (header.has_delete_horizon()) {
    out.emplace("deleteHorizonMs", header.base_timestamp);
  }
  if (batch.records_size) {
    out.emplace("recordsSize", *batch.records_size);
    if (!batch.records_bytes.empty()) {
      out.emplace("recordsBytes", protocol::hex(batch.records_bytes));
    }
  }
}

json::object to_json(const BatchDescription& batch, RecordMeaning meaning) {
  const BatchHeader& header = batch.header;
  json::object out{{"position", batch.position},
                   {"baseOffset", batch.first_offset.raw()},
                   {"length", header.size - record::log_overhead},
                   {"magic", header.magic},
                   {"crc", header.crc},
                   {"attributes", header.attributes},
                   {"compression", compression_of(header)},
                   {"timestampType", name(header.timestamp_type())},
                   {"lastOffset", header.last_offset.raw()},
                   {"maxTimestamp", header.max_timestamp}};
  if (header.magic == 2) {
    add_v2_fields(batch, out);
  } else {
    out.emplace("offset", header.last_offset.raw());
    if (header.magic == 1) {
      out.emplace("timestamp", header.base_timestamp);
    }
  }
  json::array records;
  for (const RecordDescription& record : batch.records) {
    records.push_back(to_json(record, header, meaning));
  }
  out.emplace("records", std::move(records));
  return out;
}

}  // namespace

void add_batches(const record::Description& description, RecordMeaning meaning, json::object& out) {
  json::array batches;
  for (const BatchDescription& batch : description.batches) {
    batches.push_back(to_json(batch, meaning));
  }
  out.emplace("batches", std::move(batches));
  out.emplace("bytesLeft", description.bytes_left);
}

}  // namespace odradek::cli
