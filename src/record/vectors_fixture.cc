#include "record/vectors_fixture.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "base/crc32c.h"
#include "record/compression.h"

namespace odradek::record {
namespace {

namespace json = boost::json;

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string gunzip(const Bytes& packed) {
  const auto decompressor = make_decompressor(Codec::Gzip, packed);
  std::string text;
  Bytes window(size_t{64} << 10);
  for (;;) {
    const size_t size = decompressor->read(window).value();
    if (size == 0) {
      return text;
    }
    text.append(as_text(ByteView(window).first(size)));
  }
}

Bytes from_hex(std::string_view hex) {
  Bytes bytes(hex.size() / 2);
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<uint8_t>(std::stoi(std::string(hex.substr(2 * i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string to_hex(ByteView bytes) {
  std::string hex;
  for (const uint8_t byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

std::string to_base64(ByteView bytes) {
  static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? bytes[i + k] : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      text += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

json::value to_json(const std::optional<Bytes>& bytes) {
  if (!bytes) {
    return nullptr;
  }
  constexpr size_t shown_max = 4096;
  if (bytes->size() > shown_max) {
    return json::object{{"size", bytes->size()}, {"crc32c", crc32c(*bytes)}};
  }
  return json::string(to_base64(*bytes));
}

std::string_view name(TimestampType type) {
  switch (type) {
    case TimestampType::None: return "NoTimestampType";
    case TimestampType::CreateTime: return "CreateTime";
    case TimestampType::LogAppendTime: return "LogAppendTime";
  }
  unreachable();
}

std::string_view name(ControlType type) {
  switch (type) {
    case ControlType::Abort: return "ABORT";
    case ControlType::Commit: return "COMMIT";
    case ControlType::LeaderChange: return "LEADER_CHANGE";
    case ControlType::SnapshotHeader: return "SNAPSHOT_HEADER";
    case ControlType::SnapshotFooter: return "SNAPSHOT_FOOTER";
    case ControlType::KRaftVersion: return "KRAFT_VERSION";
    case ControlType::KRaftVoters: return "KRAFT_VOTERS";
  }
  unreachable();
}

json::object to_json(const RecordDescription& record, const BatchHeader& batch) {
  json::object out{{"offset", record.offset.raw()}, {"timestamp", record.timestamp}};
  if (batch.magic >= 2) {
    out["sequence"] = record.sequence;
    out["size"] = record.size;
  }
  out["key"] = to_json(record.key);
  out["value"] = to_json(record.value);
  if (batch.magic >= 2) {
    json::array headers;
    for (const auto& [key, value] : record.headers) {
      headers.push_back(json::object{{"key", key}, {"value", to_json(value)}});
    }
    out["headers"] = headers;
  }
  if (record.control_type) {
    json::object control{{"type", name(*record.control_type)}};
    if (record.marker) {
      control["coordinatorEpoch"] = record.marker->coordinator_epoch;
    }
    out["control"] = control;
  }
  return out;
}

void add_v2_fields(const BatchDescription& batch, json::object& out) {
  const BatchHeader& header = batch.header;
  out["baseOffset"] = header.base_offset.raw();
  out["partitionLeaderEpoch"] = header.leader_epoch.raw();
  out["lastOffsetDelta"] = header.last_offset_delta;
  out["baseTimestamp"] = header.base_timestamp;
  out["producerId"] = header.producer_id.raw();
  out["producerEpoch"] = header.producer_epoch.raw();
  out["baseSequence"] = header.base_sequence;
  out["count"] = header.record_count;
  out["isTransactional"] = header.is_transactional();
  out["isControl"] = header.is_control();
  out["nextOffset"] = header.next_offset().raw();
  out["lastSequence"] = header.last_sequence();
  if (header.has_delete_horizon()) {
    out["deleteHorizonMs"] = header.base_timestamp;
  }
  if (batch.records_size) {
    out["recordsSize"] = *batch.records_size;
    if (!batch.records_bytes.empty()) {
      out["recordsBytes"] = to_hex(batch.records_bytes);
    }
  }
}

json::object to_json(const BatchDescription& batch) {
  const BatchHeader& header = batch.header;
  json::object out{{"position", batch.position},
                   {"length", header.size - log_overhead},
                   {"magic", header.magic},
                   {"crc", header.crc},
                   {"attributes", header.attributes},
                   {"compression", name(header.codec().value())},
                   {"timestampType", name(header.timestamp_type())},
                   {"baseOffset", batch.first_offset.raw()},
                   {"lastOffset", header.last_offset.raw()},
                   {"maxTimestamp", header.max_timestamp}};
  if (header.magic >= 2) {
    add_v2_fields(batch, out);
  } else {
    out["offset"] = header.last_offset.raw();
    if (header.magic == 1) {
      out["timestamp"] = header.base_timestamp;
    }
  }
  json::array records;
  for (const RecordDescription& record : batch.records) {
    records.push_back(to_json(record, header));
  }
  out["records"] = records;
  return out;
}

}  // namespace

std::vector<Vector> load_vectors(const std::string& name) {
  std::string text;
  if (const char* reference = std::getenv("ODRADEK_REFERENCE")) {
    text = gunzip(read_file(std::string(reference) + "/vectors/batches/" + name + ".jsonl.gz"));
  } else {
    std::cerr << "ODRADEK_REFERENCE is not set: only the compact set of " << name << " is tested\n";
    const Bytes bytes = read_file(std::string(ODRADEK_TESTDATA) + "/" + name + ".jsonl");
    text = as_text(bytes);
  }
  std::vector<Vector> vectors;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const json::object object = json::parse(line).as_object();
    const json::value* exact = object.if_contains("exact");
    vectors.push_back({.name = json::value_to<std::string>(object.at("name")),
                       .is_exact = exact != nullptr && exact->as_bool(),
                       .bytes = from_hex(object.at("bytes").as_string()),
                       .json = object.at("json").as_object()});
  }
  return vectors;
}

json::object to_json(const Description& description) {
  json::array batches;
  for (const BatchDescription& batch : description.batches) {
    batches.push_back(to_json(batch));
  }
  return {{"batches", batches}, {"bytesLeft", description.bytes_left}};
}

void drop_messages(json::object& expected) {
  for (json::value& batch : expected.at("batches").as_array()) {
    for (json::value& record : batch.at("records").as_array()) {
      if (json::value* control = record.as_object().if_contains("control")) {
        control->as_object().erase("message");
      }
    }
  }
}

}  // namespace odradek::record
