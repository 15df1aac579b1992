// gzip (RFC 1952) by zlib; several members one after another are one stream, as in Java's reader.
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "base/ensure.h"
#include "record/detail/codec_pool.h"
#include "record/detail/codecs.h"

namespace odradek::record::detail {
namespace {

constexpr int gzip_window_bits = 15 + 16;  // 16: with gzip's header and trailer

struct InflateTraits {
  static z_stream* make() {
    auto* stream = new z_stream{};
    ensure(inflateInit2(stream, gzip_window_bits) == Z_OK, "out of memory for gzip");
    return stream;
  }
  static void destroy(z_stream* stream) {
    inflateEnd(stream);
    delete stream;
  }
  static bool may_keep(z_stream* stream) { return inflateReset(stream) == Z_OK; }
};

class GzipDecompressor : public Decompressor {
 public:
  explicit GzipDecompressor(ByteView in) : in_(in), stream_(CodecPool<z_stream, InflateTraits>::take()) {
    stream_->next_in = nullptr;
    stream_->avail_in = 0;
  }

  Result<size_t> read(MutableByteView out) override {
    const size_t room = std::min<size_t>(out.size(), std::numeric_limits<uInt>::max());
    stream_->next_out = out.data();
    stream_->avail_out = static_cast<uInt>(room);
    while (!at_end_ && stream_->avail_out > 0) {
      if (stream_->avail_in == 0) {
        feed();
      }
      const int outcome = inflate(stream_.get(), Z_NO_FLUSH);
      if (outcome == Z_STREAM_END) {
        next_member();
      } else if (outcome != Z_OK) {
        return fail(Errc::CorruptMessage, "records do not decompress with gzip");
      }
    }
    return room - stream_->avail_out;
  }

 private:
  void feed() {
    const size_t size = std::min<size_t>(in_.size(), std::numeric_limits<uInt>::max());
    stream_->next_in = const_cast<Bytef*>(in_.data());
    stream_->avail_in = static_cast<uInt>(size);
    in_ = in_.subspan(size);
  }

  // Bytes after a member that do not begin another one are ignored.
  void next_member() {
    at_end_ = stream_->avail_in < 2 || stream_->next_in[0] != 0x1F || stream_->next_in[1] != 0x8B ||
              inflateReset(stream_.get()) != Z_OK;
  }

  ByteView in_;
  CodecPool<z_stream, InflateTraits>::Lent stream_;
  bool at_end_ = false;
};

class GzipCompressor : public Compressor {
 public:
  GzipCompressor(int level, Bytes& out) : out_(out) {
    const int usable = level >= 1 && level <= 9 ? level : Z_DEFAULT_COMPRESSION;
    ensure(deflateInit2(&stream_, usable, Z_DEFLATED, gzip_window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK,
           "out of memory for gzip");
  }
  GzipCompressor(const GzipCompressor&) = delete;
  GzipCompressor& operator=(const GzipCompressor&) = delete;
  ~GzipCompressor() override { deflateEnd(&stream_); }

  void write(ByteView plain) override {
    while (!plain.empty()) {
      const size_t size = std::min<size_t>(plain.size(), std::numeric_limits<uInt>::max());
      run(plain.first(size), Z_NO_FLUSH);
      plain = plain.subspan(size);
    }
  }
  void finish() override { run({}, Z_FINISH); }

 private:
  void run(ByteView plain, int flush) {
    stream_.next_in = const_cast<Bytef*>(plain.data());
    stream_.avail_in = static_cast<uInt>(plain.size());
    do {
      const size_t before = out_.size();
      constexpr size_t step = 16 * 1024;
      out_.resize(before + step);
      stream_.next_out = out_.data() + before;
      stream_.avail_out = step;
      const int outcome = deflate(&stream_, flush);
      ensure(outcome == Z_OK || outcome == Z_STREAM_END || outcome == Z_BUF_ERROR, "gzip lost its state");
      out_.resize(out_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0 || stream_.avail_in > 0);
  }

  Bytes& out_;
  z_stream stream_{};
};

}  // namespace

std::unique_ptr<Decompressor> make_gzip_decompressor(ByteView compressed) {
  return std::make_unique<GzipDecompressor>(compressed);
}
std::unique_ptr<Compressor> make_gzip_compressor(int level, Bytes& out) {
  return std::make_unique<GzipCompressor>(level, out);
}

}  // namespace odradek::record::detail
