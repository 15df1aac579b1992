// zstd frames (RFC 8878).
#include <zstd.h>

#include "base/ensure.h"
#include "record/detail/codec_pool.h"
#include "record/detail/codecs.h"

namespace odradek::record::detail {
namespace {

constexpr size_t kept_context_max = size_t{12} << 20;  // bytes; enough for levels 1 to 12, beyond is freed at once

struct DecompressTraits {
  static ZSTD_DCtx* make() {
    ZSTD_DCtx* context = ZSTD_createDCtx();
    ensure(context != nullptr, "out of memory for zstd");
    return context;
  }
  static void destroy(ZSTD_DCtx* context) { ZSTD_freeDCtx(context); }
  static bool may_keep(ZSTD_DCtx* context) {
    return ZSTD_isError(ZSTD_DCtx_reset(context, ZSTD_reset_session_only)) == 0 &&
           ZSTD_sizeof_DStream(context) <= kept_context_max;
  }
};

struct CompressTraits {
  static ZSTD_CCtx* make() {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ensure(context != nullptr, "out of memory for zstd");
    return context;
  }
  static void destroy(ZSTD_CCtx* context) { ZSTD_freeCCtx(context); }
  static bool may_keep(ZSTD_CCtx* context) {
    return ZSTD_isError(ZSTD_CCtx_reset(context, ZSTD_reset_session_and_parameters)) == 0 &&
           ZSTD_sizeof_CStream(context) <= kept_context_max;
  }
};

class ZstdDecompressor : public Decompressor {
 public:
  explicit ZstdDecompressor(ByteView in)
      : in_{in.data(), in.size(), 0}, context_(CodecPool<ZSTD_DCtx, DecompressTraits>::take()) {}

  Result<size_t> read(MutableByteView out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size && (inside_frame_ || in_.pos < in_.size)) {
      const size_t out_before = to.pos;
      const size_t in_before = in_.pos;
      const size_t hint = ZSTD_decompressStream(context_.get(), &to, &in_);
      if (ZSTD_isError(hint) != 0) {
        return fail(Errc::CorruptMessage, "records do not decompress with zstd");
      }
      inside_frame_ = hint != 0;
      if (to.pos == out_before && in_.pos == in_before) {
        break;
      }
    }
    if (to.pos == 0 && inside_frame_) {
      return fail(Errc::CorruptMessage, "records compressed with zstd are cut short");
    }
    return to.pos;
  }

 private:
  ZSTD_inBuffer in_;
  CodecPool<ZSTD_DCtx, DecompressTraits>::Lent context_;
  bool inside_frame_ = true;  // an empty input is no frame
};

class ZstdCompressor : public Compressor {
 public:
  ZstdCompressor(int level, Bytes& out) : out_(out), context_(CodecPool<ZSTD_CCtx, CompressTraits>::take()) {
    ensure(ZSTD_isError(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level)) == 0,
           "zstd takes any level");
  }

  void write(ByteView plain) override { run(plain, ZSTD_e_continue); }
  void finish() override { run({}, ZSTD_e_end); }

 private:
  void run(ByteView plain, ZSTD_EndDirective directive) {
    ZSTD_inBuffer from{plain.data(), plain.size(), 0};
    bool is_done = false;
    while (!is_done) {
      const size_t before = out_.size();
      constexpr size_t step = 16 * 1024;
      out_.resize(before + step);
      ZSTD_outBuffer to{out_.data() + before, step, 0};
      const size_t left = ZSTD_compressStream2(context_.get(), &to, &from, directive);
      ensure(ZSTD_isError(left) == 0, "zstd lost its state");
      out_.resize(before + to.pos);
      is_done = directive == ZSTD_e_end ? left == 0 : from.pos == from.size;
    }
  }

  Bytes& out_;
  CodecPool<ZSTD_CCtx, CompressTraits>::Lent context_;
};

}  // namespace

std::unique_ptr<Decompressor> make_zstd_decompressor(ByteView compressed) {
  return std::make_unique<ZstdDecompressor>(compressed);
}
std::unique_ptr<Compressor> make_zstd_compressor(int level, Bytes& out) {
  return std::make_unique<ZstdCompressor>(level, out);
}

}  // namespace odradek::record::detail
