#include "api/down_conversion.h"

#include <utility>

#include "record/batch_reader.h"
#include "record/legacy.h"
#include "runtime/file.h"
#include "runtime/wait.h"

namespace odradek::api {

namespace {
constexpr uint64_t piece_size = uint64_t{1} << 20;  // read at once, unless a batch is larger
}  // namespace

runtime::Async<Bytes> convert_down(Blob records, int8_t magic, Offset from, uint64_t bytes_max) {
  Bytes converted;
  uint64_t position = 0;
  uint64_t wanted = piece_size;
  while (position < records.size()) {
    CO_TRY(Bytes piece, co_await runtime::read_blob(records.slice(position, wanted)));
    record::BatchScanner batches((ByteView(piece)));
    for (;;) {
      CO_TRY(const std::optional<record::BatchEntry> batch, batches.next());
      if (!batch) {
        break;
      }
      record::DownConversion conversion(*batch, magic, from, converted);
      for (;;) {
        CO_TRY(const bool is_done, conversion.step());
        if (is_done) {
          break;
        }
        co_await runtime::yield();
      }
      if (converted.size() >= bytes_max) {
        co_return converted;
      }
      co_await runtime::yield();
    }
    if (position + piece.size() == records.size()) {
      if (converted.empty()) {
        // Offset and length stand where they do in every format: an entry that goes on beyond the bytes given.
        converted.assign(piece.end() - static_cast<ptrdiff_t>(batches.remaining()), piece.end());
      }
      break;
    }
    wanted = piece_size;
    if (batches.position() == 0) {
      CO_TRY(wanted, record::parse_entry_size(piece));
    }
    position += batches.position();
  }
  co_return converted;
}

}  // namespace odradek::api
