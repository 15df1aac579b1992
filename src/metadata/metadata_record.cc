#include "metadata/metadata_record.h"

#include <fmt/format.h>

#include "base/varint.h"
#include "protocol/reader.h"
#include "protocol/writer.h"

namespace odradek::metadata {

namespace {

constexpr uint32_t frame_version = 1;

struct Frame {
  uint32_t type;
  uint32_t version;
  ByteView body;
};

Result<Frame> parse_frame(ByteView stored) {
  uint32_t numbers[3];
  for (uint32_t& number : numbers) {
    const size_t used = read_unsigned_varint(stored, number);
    if (used == 0) {
      return fail(Errc::CorruptMessage, "a metadata record ends inside its frame");
    }
    stored = stored.subspan(used);
  }
  if (numbers[0] != frame_version) {
    return fail(Errc::CorruptMessage, fmt::format("a metadata record with frame version {}", numbers[0]));
  }
  return Frame{.type = numbers[1], .version = numbers[2], .body = stored};
}

template <typename Record>
Result<MetadataRecord> decode_as(const Frame& frame) {
  if (frame.version > static_cast<uint32_t>(Record::max_version)) {
    return fail(Errc::UnsupportedVersion, fmt::format("version {} of metadata record {}", frame.version, frame.type));
  }
  protocol::Reader in(frame.body);
  auto record = Record::decode(in, static_cast<int16_t>(frame.version));
  if (!record) {
    return fail(Errc::CorruptMessage, std::move(record).error().message);
  }
  if (in.remaining() != 0) {
    return fail(Errc::CorruptMessage, fmt::format("{} bytes behind metadata record {}", in.remaining(), frame.type));
  }
  return MetadataRecord(*std::move(record));
}

// Finds the alternative whose record type is the frame's.
template <size_t index = 0>
Result<MetadataRecord> decode_alternative(const Frame& frame) {
  if constexpr (index == std::variant_size_v<MetadataRecord>) {
    return fail(Errc::UnsupportedVersion, fmt::format("metadata record of type {}", frame.type));
  } else {
    using Record = std::variant_alternative_t<index, MetadataRecord>;
    if (frame.type == static_cast<uint32_t>(Record::record_type)) {
      return decode_as<Record>(frame);
    }
    return decode_alternative<index + 1>(frame);
  }
}

int16_t version_of(const protocol::RegisterBrokerRecord& /*record*/, int16_t metadata_version) {
  return metadata_version >= 30 ? 4 : metadata_version >= 17 ? 3 : metadata_version >= 8 ? 2 : 1;
}

int16_t version_of(const protocol::PartitionRecord& /*record*/, int16_t metadata_version) {
  return metadata_version >= 23 ? 2 : metadata_version >= 17 ? 1 : 0;
}

int16_t version_of(const protocol::PartitionChangeRecord& /*record*/, int16_t metadata_version) {
  return metadata_version >= 23 ? 2 : metadata_version >= 17 ? 1 : 0;
}

// The lowest version that carries what is set, as Kafka writes it.
int16_t version_of(const protocol::BrokerRegistrationChangeRecord& record, int16_t /*metadata_version*/) {
  return record.cordoned_log_dirs.has_value() ? 3
         : !record.log_dirs.empty()           ? 2
         : record.in_controlled_shutdown != 0 ? 1
                                              : 0;
}

template <typename Record>
int16_t version_of(const Record& /*record*/, int16_t /*metadata_version*/) {
  return 0;
}

}  // namespace

Result<MetadataRecord> decode_record(ByteView stored) {
  TRY(const Frame frame, parse_frame(stored));
  return decode_alternative(frame);
}

int16_t version_at(const MetadataRecord& record, int16_t metadata_version) {
  return std::visit([&](const auto& one) { return version_of(one, metadata_version); }, record);
}

Result<Bytes> encode_again(const MetadataRecord& record, int16_t metadata_version) {
  return std::visit(
      [&](const auto& one) -> Result<Bytes> {
        const int16_t version = version_of(one, metadata_version);
        protocol::Writer out(96);
        out.unsigned_varint(frame_version);
        out.unsigned_varint(static_cast<uint32_t>(one.record_type));
        out.unsigned_varint(static_cast<uint32_t>(version));
        one.encode(out, version);
        Result<Bytes> bytes = std::move(out).finish_bytes();
        if (!bytes) {
          return fail(Errc::CorruptMessage, "a record that cannot be kept: " + bytes.error().message);
        }
        return bytes;
      },
      record);
}

Bytes encode_record(const MetadataRecord& record, int16_t metadata_version) {
  Result<Bytes> bytes = encode_again(record, metadata_version);
  ensure(bytes.has_value(), "a metadata record that its version cannot carry");
  return *std::move(bytes);
}

}  // namespace odradek::metadata
