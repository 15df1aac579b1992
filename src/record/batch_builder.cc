#include "record/batch_builder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/arithmetic.h"
#include "base/varint.h"

namespace odradek::record {
namespace {

// Small records go to the codec together.
constexpr size_t flush_size = 32 * 1024;

// Writes the pieces of a record one after the other; whoever makes it has made room for all of them.
class RecordWriter {
 public:
  explicit RecordWriter(uint8_t* to) : to_(to) {}

  void byte(uint8_t value) { *to_++ = value; }
  void varint(int32_t value) { to_ += write_varint(to_, value); }
  void varlong(int64_t value) { to_ += write_varlong(to_, value); }
  void raw(ByteView bytes) { to_ = std::ranges::copy(bytes, to_).out; }
  void sized(const std::optional<ByteView>& bytes) {
    varint(bytes ? static_cast<int32_t>(bytes->size()) : -1);
    raw(bytes.value_or(ByteView()));
  }

 private:
  uint8_t* to_;
};

size_t sized_size(const std::optional<ByteView>& bytes) {
  return bytes ? varint_size(static_cast<int32_t>(bytes->size())) + bytes->size() : varint_size(-1);
}

int16_t attributes_of(const BatchOptions& options) {
  int attributes = static_cast<int>(options.codec);
  attributes |= options.timestamp_type == TimestampType::LogAppendTime ? log_append_time_bit : 0;
  attributes |= options.is_transactional ? transactional_bit : 0;
  attributes |= options.is_control ? control_bit : 0;
  attributes |= options.delete_horizon ? delete_horizon_bit : 0;
  return static_cast<int16_t>(attributes);
}

}  // namespace

BatchBuilder::BatchBuilder(BatchOptions options)
    : options_(std::move(options)),
      out_(batch_header_size),
      compressed_(options_.codec == Codec::None ? nullptr : std::make_unique<Bytes>()),
      next_offset_(options_.base_offset),
      offset_of_max_timestamp_(options_.base_offset) {
  if (compressed_) {
    compressor_ = make_compressor(options_.codec, options_.levels, *compressed_);
  }
}

BatchBuilder::~BatchBuilder() = default;
BatchBuilder::BatchBuilder(BatchBuilder&&) noexcept = default;
BatchBuilder& BatchBuilder::operator=(BatchBuilder&&) noexcept = default;

void BatchBuilder::append(const RecordFields& record) { append_at(next_offset_, record); }

void BatchBuilder::append_at(Offset offset, const RecordFields& record) {
  size_t size = 0;
  for (const RecordHeader& header : record.headers) {
    size += sized_size(as_bytes(header.key)) + sized_size(header.value);
  }
  Bytes headers(size);
  RecordWriter out(headers.data());
  for (const RecordHeader& header : record.headers) {
    out.sized(as_bytes(header.key));
    out.sized(header.value);
  }
  write_record(offset, record.timestamp, record.key, record.value, static_cast<int32_t>(record.headers.size()),
               headers);
}

void BatchBuilder::append_at(Offset offset, const RecordView& record) {
  write_record(offset, record.timestamp, record.key, record.value, record.headers.count(), record.headers.bytes());
}

void BatchBuilder::write_record(Offset offset, int64_t timestamp, const std::optional<ByteView>& key,
                                const std::optional<ByteView>& value, int32_t header_count, ByteView headers) {
  const int64_t offset_delta = offset - options_.base_offset;
  ensure(offset >= next_offset_ && offset_delta <= std::numeric_limits<int32_t>::max(), "offsets of a batch ascend");
  if (count_ == 0) {
    base_timestamp_ = options_.delete_horizon.value_or(timestamp);
  }
  const int64_t timestamp_delta = wrapping_sub(timestamp, base_timestamp_);
  if (count_ == 0 || timestamp > max_timestamp_) {
    max_timestamp_ = timestamp;
    offset_of_max_timestamp_ = offset;
  }

  const size_t body_size = 1 + varlong_size(timestamp_delta) + varint_size(static_cast<int32_t>(offset_delta)) +
                           sized_size(key) + sized_size(value) + varint_size(header_count) + headers.size();
  Bytes& records = compressor_ ? scratch_ : out_;
  const size_t size_before = records.size();
  records.resize(size_before + varint_size(static_cast<int32_t>(body_size)) + body_size);
  RecordWriter out(records.data() + size_before);
  out.varint(static_cast<int32_t>(body_size));
  out.byte(0);  // the record's attributes
  out.varlong(timestamp_delta);
  out.varint(static_cast<int32_t>(offset_delta));
  out.sized(key);
  out.sized(value);
  out.varint(header_count);
  out.raw(headers);
  if (compressor_ && scratch_.size() >= flush_size) {
    compressor_->write(scratch_);
    scratch_.clear();
  }
  ++count_;
  next_offset_ = offset + 1;
}

size_t BatchBuilder::size() const { return compressed_ ? batch_header_size + compressed_->size() : out_.size(); }

Bytes BatchBuilder::finish(std::optional<Offset> last_offset) {
  if (compressor_ && count_ > 0) {
    compressor_->write(scratch_);
    compressor_->finish();
    out_.insert(out_.end(), compressed_->begin(), compressed_->end());
  }
  const bool is_append_time = options_.timestamp_type == TimestampType::LogAppendTime;
  const Offset last = last_offset.value_or(count_ > 0 ? next_offset_ + -1 : options_.base_offset);
  ensure(last + 1 >= next_offset_, "a batch ends after its records");
  BatchHeader header;
  header.base_offset = options_.base_offset;
  header.leader_epoch = options_.leader_epoch;
  if (count_ == 0) {
    options_.codec = Codec::None;  // no bytes are no compressed bytes, for any codec
  }
  header.attributes = attributes_of(options_);
  header.last_offset_delta = static_cast<int32_t>(last - options_.base_offset);
  header.base_timestamp = options_.delete_horizon.value_or(base_timestamp_);
  header.max_timestamp = is_append_time ? options_.log_append_time : max_timestamp_;
  header.producer_id = options_.producer_id;
  header.producer_epoch = options_.producer_epoch;
  header.base_sequence = options_.base_sequence;
  header.record_count = count_;
  write_batch_header(header, ByteView(out_).subspan(batch_header_size), out_);
  return std::move(out_);
}

}  // namespace odradek::record
