#include "record/detail/batch_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "record/detail/plain_window.h"

namespace odradek::record::detail {
namespace {

constexpr int16_t first_version_of_v2 = 3;
constexpr int16_t first_version_of_zstd = 7;

}  // namespace

BatchCheck::BatchCheck(Blob records, const ProduceRules& rules, const ProduceContext& context)
    : input_(std::move(records)), rules_(rules), context_(context), rules_of_records_(rules, context) {}

Result<bool> BatchCheck::step(size_t budget) {
  // A small batch is done in one step.
  if (phase_ == Phase::Headers) {
    TRY(open());
  }
  if (phase_ == Phase::Skim) {
    TRY(skim(budget));
  } else if (phase_ == Phase::Rewrite) {
    TRY(rewrite(budget));
  }
  return phase_ == Phase::Done;
}

Result<> BatchCheck::open() {
  BatchScanner scanner(input_.view());
  TRY(const std::optional<BatchEntry> first, scanner.next());
  if (!first) {
    return fail(Errc::InvalidRecord, "Produce requests must have at least one record batch per partition");
  }
  first_ = *first;
  TRY(const std::optional<BatchEntry> second, scanner.next());
  TRY(check_request(first_, !second));
  TRY(const Codec codec, first_.header.codec());
  target_ = rules_.codec.value_or(codec);
  if (first_.header.magic < 2) {
    begin_rewrite();
    return {};
  }
  // Before size and checksum, as in Kafka.
  if (first_.header.base_offset != Offset{0}) {
    return fail(Errc::InvalidRecord,
                fmt::format("The baseOffset of the record batch in the append should be 0, but it is {}",
                            first_.header.base_offset.raw()));
  }
  TRY(check_entry(first_));
  TRY(check_v2_header(first_.header));
  if (target_ == codec) {
    begin_skim();
  } else {
    begin_rewrite();
  }
  return {};
}

// What the version of the Produce request allows.
Result<> BatchCheck::check_request(const BatchEntry& entry, bool is_only) const {
  if (context_.produce_version >= first_version_of_v2 && entry.header.magic < 2) {
    return fail(
        Errc::InvalidRecord,
        fmt::format("Produce requests with version {} are only allowed to contain record batches with magic version 2",
                    context_.produce_version));
  }
  if (!is_only && (entry.header.magic >= 2 || entry.header.is_compressed())) {
    return fail(
        Errc::InvalidRecord,
        fmt::format(
            "Produce requests with version {} are only allowed to contain exactly one record batch per partition",
            context_.produce_version));
  }
  if (context_.produce_version < first_version_of_zstd &&
      entry.header.codec_bits() == static_cast<int16_t>(Codec::Zstd)) {
    return fail(Errc::UnsupportedCompressionType,
                fmt::format("Produce requests with version {} are not allowed to use ZStandard compression",
                            context_.produce_version));
  }
  return {};
}

Result<> BatchCheck::check_entry(const BatchEntry& entry) const {
  if (entry.bytes.size() > rules_.batch_size_max) {
    return fail(
        Errc::RecordTooLarge,
        fmt::format("The record batch size in the append is {} bytes which exceeds the maximum configured value of {}.",
                    entry.bytes.size(), rules_.batch_size_max));
  }
  return check_batch(entry.bytes);
}

Result<> BatchCheck::check_v2_header(const BatchHeader& header) const {
  if (header.is_control()) {
    return fail(Errc::InvalidRecord, "Clients are not allowed to write control records");
  }
  if (header.last_offset_delta < 0) {
    return fail(Errc::InvalidRecord,
                fmt::format("Batch has an invalid offset range: [0, {}]", header.last_offset_delta));
  }
  if (header.record_count <= 0) {
    return fail(Errc::InvalidRecord, fmt::format("Invalid reported count for record batch: {}", header.record_count));
  }
  if (int64_t{header.last_offset_delta} + 1 != header.record_count) {
    return fail(Errc::InvalidRecord, fmt::format("Inconsistent batch offset range [0, {}] and count of records {}",
                                                 header.last_offset_delta, header.record_count));
  }
  if (header.has_producer_id() && (header.base_sequence < 0 || header.producer_epoch.raw() < 0)) {
    return fail(Errc::InvalidRecord, fmt::format("Invalid sequence number {} in record batch with producerId {}",
                                                 header.base_sequence, header.producer_id.raw()));
  }
  if (header.is_transactional() && !header.has_producer_id()) {
    return fail(Errc::InvalidRecord, "A transactional record batch needs a producer id");
  }
  return {};
}

void BatchCheck::begin_skim() {
  phase_ = Phase::Skim;
  skimmer_.emplace(record_size_max());
  plain_left_ = first_.bytes.subspan(batch_header_size);
  if (target_ != Codec::None) {
    decompressor_ = make_decompressor(target_, plain_left_);
    // A small batch rarely needs the whole window.
    window_.resize(std::clamp(8 * plain_left_.size(), size_t{4} << 10, window_size));
  }
}

// Nothing at the end.
Result<ByteView> BatchCheck::next_plain(size_t budget) {
  if (decompressor_) {
    TRY(const size_t size, decompressor_->read(window_));
    return ByteView(window_).first(size);
  }
  const ByteView part = plain_left_.first(std::min(plain_left_.size(), budget));
  plain_left_ = plain_left_.subspan(part.size());
  return part;
}

Result<> BatchCheck::skim(size_t budget) {
  for (size_t spent = 0; spent < budget;) {
    TRY(ByteView plain, next_plain(budget - spent));
    if (plain.empty()) {
      return finish_skim();
    }
    spent += plain.size();
    SkimmedRecord record;
    for (;;) {
      if (count_ == first_.header.record_count && !plain.empty()) {
        return fail(Errc::InvalidRecord, "a batch has more records than it says");
      }
      TRY(const bool is_whole, skimmer_->next(plain, record));
      if (!is_whole) {
        break;
      }
      TRY(skim_record(record));
      if (phase_ == Phase::Rewrite) {
        return {};
      }
    }
  }
  return {};
}

Result<> BatchCheck::skim_record(const SkimmedRecord& record) {
  if (record.offset_delta != count_) {
    if (!decompressor_) {
      return fail(Errc::InvalidRecord,
                  fmt::format("the record at index {} has the offset {}", count_, record.offset_delta));
    }
    begin_rewrite();
    return {};
  }
  const BatchHeader& header = first_.header;
  // Unsigned, because hostile numbers may be anything.
  const auto timestamp = static_cast<int64_t>(static_cast<uint64_t>(header.base_timestamp) +
                                              static_cast<uint64_t>(record.timestamp_delta));
  rules_of_records_.check(count_, record.has_key, timestamp, header.timestamp_type());
  if (count_ == 0 || timestamp > max_timestamp_) {
    max_timestamp_ = timestamp;
    max_timestamp_index_ = count_;
  }
  ++count_;
  return {};
}

Result<> BatchCheck::finish_skim() {
  if (skimmer_->is_inside() || count_ != first_.header.record_count) {
    return fail(Errc::InvalidRecord, "a batch has fewer records than it says");
  }
  TRY(rules_of_records_.verdict());
  std::copy_n(first_.bytes.begin(), batch_header_size, batch_.header.begin());
  batch_.records = input_.slice(first_.position + batch_header_size, first_.bytes.size() - batch_header_size);
  const bool is_append_time = rules_.timestamp_type == TimestampType::LogAppendTime;
  set_max_timestamp(batch_.header, batch_.records.view(), rules_.timestamp_type,
                    is_append_time ? context_.now_ms : max_timestamp_);
  batch_.max_timestamp_delta = is_append_time ? 0 : max_timestamp_index_;
  batch_.place_at(Offset{0}, context_.leader_epoch);
  phase_ = Phase::Done;
  return {};
}

}  // namespace odradek::record::detail
