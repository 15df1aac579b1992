#include "record/compression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/ensure.h"
#include "record/detail/codecs.h"

namespace odradek::record {
namespace {

class NoDecompressor : public Decompressor {
 public:
  explicit NoDecompressor(ByteView in) : in_(in) {}

  Result<size_t> read(MutableByteView out) override {
    const size_t size = std::min(out.size(), in_.size());
    std::copy_n(in_.begin(), size, out.begin());
    in_ = in_.subspan(size);
    return size;
  }

 private:
  ByteView in_;
};

class NoCompressor : public Compressor {
 public:
  explicit NoCompressor(Bytes& out) : out_(out) {}
  void write(ByteView plain) override { out_.insert(out_.end(), plain.begin(), plain.end()); }
  void finish() override {}

 private:
  Bytes& out_;
};

}  // namespace

Result<Codec> codec_of(int16_t attributes) {
  const int bits = attributes & codec_mask;
  if (bits > static_cast<int>(Codec::Zstd)) {
    return fail(Errc::UnsupportedCompressionType, fmt::format("unknown compression type {}", bits));
  }
  return static_cast<Codec>(bits);
}

std::string_view name(Codec codec) {
  switch (codec) {
    case Codec::None: return "none";
    case Codec::Gzip: return "gzip";
    case Codec::Snappy: return "snappy";
    case Codec::Lz4: return "lz4";
    case Codec::Zstd: return "zstd";
  }
  unreachable();
}

std::unique_ptr<Decompressor> make_decompressor(Codec codec, ByteView compressed, int8_t magic) {
  switch (codec) {
    case Codec::None: return std::make_unique<NoDecompressor>(compressed);
    case Codec::Gzip: return detail::make_gzip_decompressor(compressed);
    case Codec::Snappy: return detail::make_snappy_decompressor(compressed);
    case Codec::Lz4: return detail::make_lz4_decompressor(compressed, magic);
    case Codec::Zstd: return detail::make_zstd_decompressor(compressed);
  }
  unreachable();
}

std::unique_ptr<Compressor> make_compressor(Codec codec, const CompressionLevels& levels, Bytes& out, int8_t magic) {
  switch (codec) {
    case Codec::None: return std::make_unique<NoCompressor>(out);
    case Codec::Gzip: return detail::make_gzip_compressor(levels.gzip, out);
    case Codec::Snappy: return detail::make_snappy_compressor(out);
    case Codec::Lz4: return detail::make_lz4_compressor(levels.lz4, out, magic);
    case Codec::Zstd: return detail::make_zstd_compressor(levels.zstd, out);
  }
  unreachable();
}

}  // namespace odradek::record
