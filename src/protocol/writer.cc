#include "protocol/writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "protocol/reader.h"

namespace odradek::protocol {

Result<ByteChain> Writer::finish() && {
  if (error_) {
    return std::unexpected(std::move(*error_));
  }
  return take_chain(prefix_size);
}

Result<ByteChain> Writer::finish_frame() && {
  const uint64_t size = used_ - prefix_size + spliced_;
  if (size > INT32_MAX) {
    refuse(Errc::InvalidRequest, "a message over 2 GiB");
  }
  if (error_) {
    return std::unexpected(std::move(*error_));
  }
  store_big_endian(buffer_.data(), static_cast<int32_t>(size));
  return take_chain(0);
}

Result<Bytes> Writer::finish_bytes() && {
  if (error_) {
    return std::unexpected(std::move(*error_));
  }
  if (splices_.empty()) {
    buffer_.resize(used_);
    buffer_.erase(buffer_.begin(), buffer_.begin() + prefix_size);
    return std::move(buffer_);
  }
  return take_chain(prefix_size).flatten();
}

ByteChain Writer::take_chain(size_t from) {
  ByteChain chain;
  const auto owner = std::make_shared<const Bytes>(std::move(buffer_));
  for (Splice& splice : splices_) {
    chain.append(Blob(owner, ByteView(*owner).subspan(from, splice.position - from)));
    from = splice.position;
    chain.append(std::move(splice.blob));
  }
  chain.append(Blob(owner, ByteView(*owner).subspan(from, used_ - from)));
  return chain;
}

bool Writer::accepts(int16_t version, int16_t first, int16_t last, std::string_view message) {
  const Result<> checked = check_version(version, first, last, message);
  if (!checked) {
    refuse(checked.error().code, checked.error().message);
  }
  return checked.has_value();
}

void Writer::foreign(std::string_view field) {
  refuse(Errc::UnsupportedVersion, fmt::format("this version has no field {}", field));
}

void Writer::missing(std::string_view field) {
  refuse(Errc::InvalidRequest, fmt::format("{} may not be null in this version", field));
}

void Writer::text_size(size_t size, bool flexible) {
  if (size > Reader::text_size_max) {
    return refuse(Errc::InvalidRequest, "a text longer than 32767 bytes");
  }
  if (flexible) {
    return unsigned_varint(static_cast<uint32_t>(size) + 1);
  }
  integer(static_cast<int16_t>(size));
}

void Writer::blob(const Blob& value) {
  const bool is_copied = value.in_memory() && (value.size() < copy_below || tag_depth_ > 0);
  if (is_copied) {
    return raw(value.view());
  }
  if (tag_depth_ > 0) {
    return refuse(Errc::InvalidRequest, "a file range inside a tagged field");
  }
  splices_.push_back({used_, value});
  spliced_ += value.size();
}

size_t Writer::begin_tag(uint32_t number) {
  unsigned_varint(number);
  ++tag_depth_;
  const size_t start = used_;
  static_cast<void>(room(1));
  ++used_;  // one byte for the size, which nearly always suffices
  return start;
}

void Writer::end_tag(size_t start) {
  --tag_depth_;
  const size_t size = used_ - start - 1;
  const size_t size_of_size = unsigned_varlong_size(size);
  if (size_of_size > 1) {
    static_cast<void>(room(size_of_size));
    uint8_t* value = buffer_.data() + start + 1;
    std::memmove(value + size_of_size - 1, value, size);
    used_ += size_of_size - 1;
  }
  // Into a place of its own: the longest form does not fit before the value.
  uint8_t encoded[varint64_size_max];
  write_unsigned_varlong(encoded, size);
  std::copy_n(encoded, size_of_size, buffer_.data() + start);
}

void Writer::unknown_tags(const UnknownTags& unknown, uint32_t first) {
  uint64_t least = first;
  for (const UnknownTags::Entry& entry : unknown.entries()) {
    if (entry.number < least) {
      return refuse(Errc::InvalidRequest, fmt::format("tag {} is out of order", entry.number));
    }
    least = uint64_t{entry.number} + 1;
    unsigned_varint(entry.number);
    unsigned_varint(static_cast<uint32_t>(entry.bytes.size()));
    raw(entry.bytes);
  }
}

void Writer::grow(size_t size) { buffer_.resize(std::max(buffer_.size() * 2, used_ + size)); }

void Writer::refuse(Errc code, std::string message) {
  if (!error_) {
    error_ = Error{code, std::move(message)};
  }
}

}  // namespace odradek::protocol
