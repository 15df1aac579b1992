#include "controller/metadata_snapshot.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "protocol/reader.h"
#include "protocol/records/snapshot_footer_record.h"
#include "protocol/records/snapshot_header_record.h"
#include "protocol/writer.h"
#include "record/batch_builder.h"
#include "record/batch_reader.h"
#include "record/control_record.h"

namespace odradek::controller {

namespace {

constexpr std::string_view suffix = ".checkpoint";
constexpr size_t offset_digits = 20;
constexpr size_t epoch_digits = 10;
constexpr size_t batch_bytes_max = 1 << 20;

template <typename Message>
Bytes encode_control(const Message& message) {
  protocol::Writer out;
  message.encode(out, 0);
  Result<Bytes> bytes = std::move(out).finish_bytes();
  ensure(bytes.has_value(), "a control record of ours that cannot be written");
  return *std::move(bytes);
}

// "-0" is a number, and no digits.
template <typename T>
std::optional<T> digits(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size() && !text.starts_with('-');
  return is_whole ? std::optional(value) : std::nullopt;
}

void append(Bytes& out, const Bytes& batch) { out.insert(out.end(), batch.begin(), batch.end()); }

// Reads what the batches say, one after the other.
class Decoder {
 public:
  Result<> take(const record::BatchEntry& entry) {
    TRY(record::check_batch(entry.bytes));
    if (is_ended_) {
      return fail(Errc::CorruptMessage, "a snapshot goes on behind its footer");
    }
    record::RecordReader reader(entry.bytes);
    for (;;) {
      TRY(const std::optional<record::RecordView> record, reader.next_record());
      if (!record) {
        return {};
      }
      TRY(entry.header.is_control() ? take_control(*record) : take_record(*record));
    }
  }

  Result<MetadataSnapshot> finish() && {
    if (!is_begun_ || !is_ended_) {
      return fail(Errc::CorruptMessage, "a snapshot without its header or footer");
    }
    return std::move(snapshot_);
  }

 private:
  Result<> take_control(const record::RecordView& record) {
    TRY(const std::optional<record::ControlType> type, record::parse_control_type(record));
    if (type == record::ControlType::SnapshotHeader && record.value) {
      protocol::Reader in(*record.value);
      TRY(const auto header, protocol::SnapshotHeaderRecord::decode(in, 0));
      snapshot_.last_contained_timestamp = header.last_contained_log_timestamp;
      is_begun_ = true;
    }
    is_ended_ = is_ended_ || type == record::ControlType::SnapshotFooter;
    return snapshot_.quorum.take(record);
  }

  Result<> take_record(const record::RecordView& record) {
    if (!record.value) {
      return fail(Errc::CorruptMessage, "a metadata record without a value");
    }
    snapshot_.records.emplace_back(record.value->begin(), record.value->end());
    return {};
  }

  MetadataSnapshot snapshot_;
  bool is_begun_ = false;
  bool is_ended_ = false;
};

}  // namespace

std::string SnapshotId::file_name() const { return fmt::format("{:020}-{:010}{}", end.raw(), epoch.raw(), suffix); }

std::optional<SnapshotId> SnapshotId::parse(std::string_view name) {
  if (name.size() != offset_digits + 1 + epoch_digits + suffix.size() || !name.ends_with(suffix) ||
      name[offset_digits] != '-') {
    return std::nullopt;
  }
  const auto end = digits<int64_t>(name.substr(0, offset_digits));
  const auto epoch = digits<int32_t>(name.substr(offset_digits + 1, epoch_digits));
  if (!end || !epoch) {
    return std::nullopt;
  }
  return SnapshotId{.end = Offset(*end), .epoch = LeaderEpoch(*epoch)};
}

bool is_snapshot_leftover(std::string_view name) {
  constexpr std::array ends{".tmp", ".part", ".deleted"};
  return std::ranges::any_of(ends, [&](std::string_view end) {
    return name.ends_with(end) && name.substr(0, name.size() - end.size()).ends_with(suffix);
  });
}

Bytes MetadataSnapshot::encode(LeaderEpoch epoch, int64_t now_ms) const {
  protocol::SnapshotHeaderRecord header;
  header.last_contained_log_timestamp = last_contained_timestamp;
  const Bytes header_value = encode_control(header);
  const Bytes version = kraft_version_value(quorum.kraft_version);
  const Bytes voters = voters_value(quorum.voters);
  std::vector<record::ControlRecord> controls = {{record::ControlType::SnapshotHeader, header_value}};
  if (quorum.kraft_version > 0) {
    controls.push_back({record::ControlType::KRaftVersion, version});
    controls.push_back({record::ControlType::KRaftVoters, voters});
  }
  Bytes out = record::control_batch(controls, Offset(0), epoch, now_ms);
  Offset next(static_cast<int64_t>(controls.size()));
  for (size_t i = 0; i < records.size();) {
    record::BatchBuilder batch({.base_offset = next, .leader_epoch = epoch});
    for (; i < records.size() && (batch.count() == 0 || batch.size() < batch_bytes_max); ++i) {
      batch.append({.timestamp = now_ms, .key = {}, .value = ByteView(records[i]), .headers = {}});
    }
    next = batch.next_offset();
    append(out, batch.finish());
  }
  const Bytes footer = encode_control(protocol::SnapshotFooterRecord{});
  const record::ControlRecord last{record::ControlType::SnapshotFooter, footer};
  append(out, record::control_batch({&last, 1}, next, epoch, now_ms));
  return out;
}

Result<MetadataSnapshot> MetadataSnapshot::decode(ByteView file) {
  record::BatchScanner scanner(file);
  Decoder decoder;
  for (;;) {
    TRY(const std::optional<record::BatchEntry> entry, scanner.next());
    if (!entry) {
      break;
    }
    TRY(decoder.take(*entry));
  }
  if (scanner.remaining() > 0) {
    return fail(Errc::CorruptMessage, "a snapshot ends inside a batch");
  }
  return std::move(decoder).finish();
}

}  // namespace odradek::controller
