// The single codecs behind compression.h.
#pragma once

#include <memory>

#include "record/compression.h"

namespace odradek::record::detail {

[[nodiscard]] std::unique_ptr<Decompressor> make_gzip_decompressor(ByteView compressed);
[[nodiscard]] std::unique_ptr<Compressor> make_gzip_compressor(int level, Bytes& out);

[[nodiscard]] std::unique_ptr<Decompressor> make_snappy_decompressor(ByteView compressed);
[[nodiscard]] std::unique_ptr<Compressor> make_snappy_compressor(Bytes& out);

[[nodiscard]] std::unique_ptr<Decompressor> make_lz4_decompressor(ByteView compressed, int8_t magic);
[[nodiscard]] std::unique_ptr<Compressor> make_lz4_compressor(int level, Bytes& out, int8_t magic);

[[nodiscard]] std::unique_ptr<Decompressor> make_zstd_decompressor(ByteView compressed);
[[nodiscard]] std::unique_ptr<Compressor> make_zstd_compressor(int level, Bytes& out);

}  // namespace odradek::record::detail
