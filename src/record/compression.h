// The codecs of record batches: decompress as a stream in bounded memory, compress with levels.
//
// The bytes are those Kafka's clients write: gzip members; snappy in snappy-java's blocks (a bare snappy block is
// read too); LZ4 frames of independent 64 KiB blocks; zstd frames.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace odradek::record {

// Bits 0 to 2 of a batch's attributes.
enum class Codec : uint8_t { None = 0, Gzip = 1, Snappy = 2, Lz4 = 3, Zstd = 4 };

inline constexpr int16_t codec_mask = 0x07;

// Errc::UnsupportedCompressionType for the numbers 5 to 7.
[[nodiscard]] Result<Codec> codec_of(int16_t attributes);

// As in the option compression.type: none, gzip, snappy, lz4, zstd.
[[nodiscard]] std::string_view name(Codec codec);

// compression.gzip.level, compression.lz4.level and compression.zstd.level with Kafka's defaults.
struct CompressionLevels {
  int gzip = -1;  // -1 (zlib's own choice), or 1 to 9
  int lz4 = 9;    // 1 to 17; 9 is the fast compressor, as in Kafka, any other the thorough one
  int zstd = 3;   // -131072 to 22
};

// Gives the plain bytes of one compressed section, a piece at a time.
//
// Holds what the codec needs: up to 128 MiB of window for a zstd frame that demands it (touched only as plain bytes
// come out), 4 MiB for lz4, 32 KiB for gzip, and for snappy one block, at most 22 times its compressed size.
class Decompressor {
 public:
  virtual ~Decompressor() = default;

  // Fills `out` (not empty) from its front; the bytes written, 0 at the end. Errc::CorruptMessage if the input is
  // damaged or ends too early.
  [[nodiscard]] virtual Result<size_t> read(MutableByteView out) = 0;
};

// `compressed` must outlive the result. `magic` is that of the batch: lz4 frames in v0 sets have a wrong header
// checksum, which is not looked at there. For Codec::None the bytes are copied as they are.
[[nodiscard]] std::unique_ptr<Decompressor> make_decompressor(Codec codec, ByteView compressed, int8_t magic = 2);

// Appends the compressed form of what is written to a buffer of the caller's.
class Compressor {
 public:
  virtual ~Compressor() = default;
  virtual void write(ByteView plain) = 0;

  // Ends the stream; nothing may be written afterwards.
  virtual void finish() = 0;
};

// `out` must outlive the result. With magic 0, lz4 frames get the wrong header checksum that readers of that age
// expect.
[[nodiscard]] std::unique_ptr<Compressor> make_compressor(Codec codec, const CompressionLevels& levels, Bytes& out,
                                                          int8_t magic = 2);

}  // namespace odradek::record
