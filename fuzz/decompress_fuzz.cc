// The codecs: codec (int8), size of the pieces that are asked for (int16), compressed bytes.
#include "fuzz/harness.h"
#include "record/compression.h"

namespace odradek::fuzz {

namespace {

constexpr size_t plain_size_max = size_t{4} << 20;
// A zstd frame may ask for a window of 128 MiB, and more for its tables.
constexpr size_t memory_max = size_t{140} << 20;

// Nothing where the bytes are damaged.
std::optional<Bytes> decompress(record::Codec codec, ByteView compressed, size_t piece, int8_t magic) {
  const MemoryMeter meter;
  Bytes plain;
  Bytes window(piece);
  const auto decompressor = record::make_decompressor(codec, compressed, magic);
  while (plain.size() < plain_size_max) {
    const Result<size_t> size = decompressor->read(window);
    ensure(meter.peak() <= memory_max + 22 * compressed.size(), "decompression takes too much memory");
    if (!size) {
      return std::nullopt;
    }
    if (*size == 0) {
      return plain;
    }
    ensure(*size <= window.size(), "a decompressor writes beyond its window");
    plain.insert(plain.end(), window.begin(), window.begin() + static_cast<ptrdiff_t>(*size));
  }
  return std::nullopt;
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  const auto number = parts.integer<uint8_t>();
  const auto piece = size_t{1} + parts.integer<uint16_t>();
  const auto codec = static_cast<record::Codec>(number % 5);
  const auto magic = static_cast<int8_t>(number / 5 % 3);
  const auto plain = decompress(codec, parts.rest(), piece, magic);
  if (!plain) {
    return;
  }
  Bytes compressed;
  const auto compressor = record::make_compressor(codec, {}, compressed, magic);
  compressor->write(*plain);
  compressor->finish();
  ensure(decompress(codec, compressed, piece, magic) == plain || plain->size() >= plain_size_max,
         "what was compressed does not come back");
}

}  // namespace odradek::fuzz
