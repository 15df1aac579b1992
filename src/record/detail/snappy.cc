// snappy, in the blocks of snappy-java's SnappyOutputStream:
//
//   82 'S' 'N' 'A' 'P' 'P' 'Y' 00 | version i32 = 1 | compatible i32 = 1 | { size i32 | one snappy block } ...
//
// Without that header the input is one bare snappy block.
#include <snappy.h>

#include <algorithm>
#include <array>

#include "base/big_endian.h"
#include "record/detail/codecs.h"

namespace odradek::record::detail {
namespace {

constexpr std::array<uint8_t, 8> stream_magic{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr size_t stream_header_size = 16;
constexpr size_t block_size = 32 * 1024;  // of plain bytes, as snappy-java writes

// A copy of 64 bytes takes 3: nothing expands more than 22 times, whatever the block says.
constexpr size_t expansion_max = 22;

class SnappyDecompressor : public Decompressor {
 public:
  explicit SnappyDecompressor(ByteView in) : in_(in) {
    if (in_.size() >= stream_header_size && equal(in_.first(stream_magic.size()), stream_magic)) {
      in_ = in_.subspan(stream_header_size);
      is_framed_ = true;
    }
  }

  Result<size_t> read(MutableByteView out) override {
    while (taken_ == block_.size() && !in_.empty()) {
      TRY(next_block());
    }
    const size_t size = std::min(out.size(), block_.size() - taken_);
    std::copy_n(block_.begin() + static_cast<ptrdiff_t>(taken_), size, out.begin());
    taken_ += size;
    return size;
  }

 private:
  Result<> next_block() {
    TRY(const ByteView compressed, take_block());
    const auto* from = reinterpret_cast<const char*>(compressed.data());
    size_t size = 0;
    if (!snappy::GetUncompressedLength(from, compressed.size(), &size) || size > compressed.size() * expansion_max) {
      return fail(Errc::CorruptMessage, "a snappy block states an impossible size");
    }
    block_.resize(size);
    taken_ = 0;
    if (!snappy::RawUncompress(from, compressed.size(), reinterpret_cast<char*>(block_.data()))) {
      return fail(Errc::CorruptMessage, "records do not decompress with snappy");
    }
    return {};
  }

  Result<ByteView> take_block() {
    size_t size = in_.size();
    if (is_framed_) {
      // Streams that were joined repeat the header.
      if (in_.size() >= stream_header_size && equal(in_.first(stream_magic.size()), stream_magic)) {
        in_ = in_.subspan(stream_header_size);
      }
      const auto stated = in_.size() < sizeof(int32_t) ? -1 : load_big_endian<int32_t>(in_.data());
      if (stated <= 0 || static_cast<size_t>(stated) > in_.size() - sizeof(int32_t)) {
        return fail(Errc::CorruptMessage, "a snappy block is cut short");
      }
      in_ = in_.subspan(sizeof(int32_t));
      size = static_cast<size_t>(stated);
    }
    const ByteView block = in_.first(size);
    in_ = in_.subspan(size);
    return block;
  }

  ByteView in_;
  bool is_framed_ = false;
  Bytes block_;
  size_t taken_ = 0;  // of block_
};

class SnappyCompressor : public Compressor {
 public:
  explicit SnappyCompressor(Bytes& out) : out_(out) {
    out_.insert(out_.end(), stream_magic.begin(), stream_magic.end());
    append_int(1);
    append_int(1);
    block_.reserve(block_size);
  }

  void write(ByteView plain) override {
    while (!plain.empty()) {
      const size_t size = std::min(plain.size(), block_size - block_.size());
      block_.insert(block_.end(), plain.begin(), plain.begin() + static_cast<ptrdiff_t>(size));
      plain = plain.subspan(size);
      if (block_.size() == block_size) {
        flush();
      }
    }
  }
  void finish() override {
    if (!block_.empty()) {
      flush();
    }
  }

 private:
  void flush() {
    const size_t at = out_.size();
    out_.resize(at + sizeof(int32_t) + snappy::MaxCompressedLength(block_.size()));
    size_t size = 0;
    snappy::RawCompress(reinterpret_cast<const char*>(block_.data()), block_.size(),
                        reinterpret_cast<char*>(out_.data() + at + sizeof(int32_t)), &size);
    store_big_endian(out_.data() + at, static_cast<int32_t>(size));
    out_.resize(at + sizeof(int32_t) + size);
    block_.clear();
  }

  void append_int(int32_t value) {
    out_.resize(out_.size() + sizeof value);
    store_big_endian(out_.data() + out_.size() - sizeof value, value);
  }

  Bytes& out_;
  Bytes block_;
};

}  // namespace

std::unique_ptr<Decompressor> make_snappy_decompressor(ByteView compressed) {
  return std::make_unique<SnappyDecompressor>(compressed);
}
std::unique_ptr<Compressor> make_snappy_compressor(Bytes& out) { return std::make_unique<SnappyCompressor>(out); }

}  // namespace odradek::record::detail
