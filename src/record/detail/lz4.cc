// LZ4 frames, as Kafka writes and reads them: blocks independent of each other, no dictionary.
//
// In v0 sets the header checksum is computed over the frame's magic as well, which is wrong. Readers of v0 do not
// look at it; writers of v0 still write it so, for readers that expect it.
#include <lz4frame.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/ensure.h"
#include "record/detail/codec_pool.h"
#include "record/detail/codecs.h"

namespace odradek::record::detail {
namespace {

constexpr size_t magic_size = 4;
constexpr uint8_t version_mask = 0xC0;
constexpr uint8_t version_bits = 0x40;
constexpr uint8_t independent_bit = 0x20;
constexpr uint8_t content_size_bit = 0x08;
constexpr uint8_t dictionary_bit = 0x01;

// xxHash32 with seed 0 of fewer than 16 bytes, all that a frame header can have.
uint32_t xxhash32_of_few(ByteView in) {
  constexpr uint32_t prime1 = 2654435761U;
  constexpr uint32_t prime2 = 2246822519U;
  constexpr uint32_t prime3 = 3266489917U;
  constexpr uint32_t prime4 = 668265263U;
  constexpr uint32_t prime5 = 374761393U;
  ensure(in.size() < 16, "only short inputs");
  uint32_t hash = prime5 + static_cast<uint32_t>(in.size());
  for (; in.size() >= 4; in = in.subspan(4)) {
    uint32_t word = 0;
    std::memcpy(&word, in.data(), sizeof word);
    hash = std::rotl(hash + word * prime3, 17) * prime4;
  }
  for (const uint8_t byte : in) {
    hash = std::rotl(hash + byte * prime5, 11) * prime1;
  }
  hash = (hash ^ (hash >> 15)) * prime2;
  hash = (hash ^ (hash >> 13)) * prime3;
  return hash ^ (hash >> 16);
}

uint8_t header_checksum(ByteView descriptor) { return static_cast<uint8_t>(xxhash32_of_few(descriptor) >> 8); }

struct DecompressTraits {
  static LZ4F_dctx* make() {
    LZ4F_dctx* context = nullptr;
    ensure(LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) == 0, "out of memory for lz4");
    return context;
  }
  static void destroy(LZ4F_dctx* context) { LZ4F_freeDecompressionContext(context); }
  static bool may_keep(LZ4F_dctx* context) {
    LZ4F_resetDecompressionContext(context);
    return true;
  }
};

class Lz4Decompressor : public Decompressor {
 public:
  Lz4Decompressor(ByteView in, int8_t magic)
      : in_(in), magic_(magic), context_(CodecPool<LZ4F_dctx, DecompressTraits>::take()) {}
  Lz4Decompressor(const Lz4Decompressor&) = delete;
  Lz4Decompressor& operator=(const Lz4Decompressor&) = delete;

  // A frame left before its end leaves its content size in the context, which resetting does not clear: the next
  // frame would be refused. So only contexts whose frame ended well are used again.
  ~Lz4Decompressor() override {
    if (!at_end_) {
      DecompressTraits::destroy(context_.release());
    }
  }

  Result<size_t> read(MutableByteView out) override {
    if (!header_read_) {
      TRY(read_header());
      header_read_ = true;
    }
    size_t written = 0;
    while (!at_end_ && written < out.size()) {
      size_t room = out.size() - written;
      size_t used = in_.size();
      const size_t hint = LZ4F_decompress(context_.get(), out.data() + written, &room, in_.data(), &used, nullptr);
      if (LZ4F_isError(hint) != 0) {
        return fail(Errc::CorruptMessage, "records do not decompress with lz4");
      }
      if (used == 0 && room == 0 && hint != 0) {
        return fail(Errc::CorruptMessage, "records compressed with lz4 are cut short");
      }
      in_ = in_.subspan(used);
      written += room;
      at_end_ = hint == 0;
    }
    return written;
  }

 private:
  // Feeds the library the frame's header: of v0 sets with the right checksum in place of theirs.
  Result<> read_header() {
    if (in_.size() < magic_size + 3) {
      return fail(Errc::CorruptMessage, "an lz4 frame ends inside its header");
    }
    const uint8_t flags = in_[magic_size];
    const size_t descriptor_size = (flags & content_size_bit) != 0 ? 10 : 2;
    if ((flags & version_mask) != version_bits || (flags & independent_bit) == 0 || (flags & dictionary_bit) != 0 ||
        in_.size() < magic_size + descriptor_size + 1) {
      return fail(Errc::CorruptMessage, "an lz4 frame of a kind that Kafka does not know");
    }
    std::array<uint8_t, magic_size + 11> header{};
    size_t used = magic_size + descriptor_size + 1;
    std::copy_n(in_.begin(), used, header.begin());
    if (magic_ == 0) {
      header.at(used - 1) = header_checksum(ByteView(header).subspan(magic_size, descriptor_size));
    }
    const size_t size = used;
    size_t room = 0;
    const size_t hint = LZ4F_decompress(context_.get(), nullptr, &room, header.data(), &used, nullptr);
    if (LZ4F_isError(hint) != 0 || used != size) {
      return fail(Errc::CorruptMessage, "an lz4 frame's header is damaged");
    }
    in_ = in_.subspan(used);
    return {};
  }

  ByteView in_;
  int8_t magic_;
  CodecPool<LZ4F_dctx, DecompressTraits>::Lent context_;
  bool header_read_ = false;
  bool at_end_ = false;
};

class Lz4Compressor : public Compressor {
 public:
  Lz4Compressor(int level, Bytes& out, int8_t magic) : out_(out) {
    ensure(LZ4F_isError(LZ4F_createCompressionContext(&context_, LZ4F_VERSION)) == 0, "out of memory for lz4");
    constexpr int fast_level_of_kafka = 9;
    preferences_.compressionLevel = level == fast_level_of_kafka ? 0 : level;
    preferences_.frameInfo.blockSizeID = LZ4F_max64KB;
    preferences_.frameInfo.blockMode = LZ4F_blockIndependent;
    const size_t at = out_.size();
    out_.resize(at + LZ4F_HEADER_SIZE_MAX);
    const size_t size = LZ4F_compressBegin(context_, out_.data() + at, LZ4F_HEADER_SIZE_MAX, &preferences_);
    ensure(LZ4F_isError(size) == 0, "lz4 begins a frame");
    out_.resize(at + size);
    if (magic == 0) {
      out_.back() = header_checksum(ByteView(out_).subspan(at, size - 1));
    }
  }
  Lz4Compressor(const Lz4Compressor&) = delete;
  Lz4Compressor& operator=(const Lz4Compressor&) = delete;
  ~Lz4Compressor() override { LZ4F_freeCompressionContext(context_); }

  void write(ByteView plain) override {
    constexpr size_t step = 64 * 1024;
    while (!plain.empty()) {
      const ByteView part = plain.first(std::min(plain.size(), step));
      const size_t at = out_.size();
      const size_t room = LZ4F_compressBound(part.size(), &preferences_);
      out_.resize(at + room);
      const size_t size = LZ4F_compressUpdate(context_, out_.data() + at, room, part.data(), part.size(), nullptr);
      ensure(LZ4F_isError(size) == 0, "lz4 compresses anything");
      out_.resize(at + size);
      plain = plain.subspan(part.size());
    }
  }

  void finish() override {
    const size_t at = out_.size();
    const size_t room = LZ4F_compressBound(0, &preferences_);
    out_.resize(at + room);
    const size_t size = LZ4F_compressEnd(context_, out_.data() + at, room, nullptr);
    ensure(LZ4F_isError(size) == 0, "lz4 ends a frame");
    out_.resize(at + size);
  }

 private:
  Bytes& out_;
  LZ4F_cctx* context_ = nullptr;
  LZ4F_preferences_t preferences_{};
};

}  // namespace

std::unique_ptr<Decompressor> make_lz4_decompressor(ByteView compressed, int8_t magic) {
  return std::make_unique<Lz4Decompressor>(compressed, magic);
}
std::unique_ptr<Compressor> make_lz4_compressor(int level, Bytes& out, int8_t magic) {
  return std::make_unique<Lz4Compressor>(level, out, magic);
}

}  // namespace odradek::record::detail
