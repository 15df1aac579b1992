#include "storage/disk_reserve.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::storage {
namespace {

constexpr size_t piece_bytes = 256 * 1024;
constexpr uint64_t part_of_disk_max = 32;

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

}  // namespace

std::string DiskReserve::path() const { return join_path(directory_, file_name); }

runtime::Async<> DiskReserve::look() {
  if (bytes_ == 0) {
    co_return {};
  }
  CO_TRY(const runtime::DiskSpace space, co_await files().space(directory_));
  if (!is_known_) {
    CO_TRY(co_await find(space.total_bytes));
  }
  // Full is not only the last byte: file systems need some room for themselves.
  const uint64_t full_below = bytes_ / 4;
  if (has_file_ && space.usable_bytes < full_below) {
    CO_TRY(co_await give_up());
    is_spent_ = true;
  } else if (!has_file_ && space.usable_bytes >= 2 * bytes_) {
    CO_TRY(co_await make());
    is_spent_ = !has_file_;
  } else if (!has_file_) {
    is_spent_ = true;
  }
  co_return {};
}

// A file of another size is what an interrupted start, or another setting, has left.
runtime::Async<> DiskReserve::find(uint64_t disk_bytes) {
  bytes_ = std::min(bytes_, disk_bytes / part_of_disk_max);
  CO_TRY(const bool exists, co_await files().exists(path()));
  if (exists) {
    const auto directory = std::make_shared<runtime::DirectoryPath>(directory_);
    CO_TRY(const auto file, co_await files().open(directory, std::string(file_name), runtime::OpenMode::Read));
    CO_TRY(const uint64_t size, co_await file->size());
    has_file_ = size == bytes_;
    if (!has_file_) {
      CO_TRY(co_await files().remove(path()));
    }
  }
  is_known_ = true;
  co_return {};
}

runtime::Async<> DiskReserve::make() {
  const auto directory = std::make_shared<runtime::DirectoryPath>(directory_);
  CO_TRY(const auto file, co_await files().open(directory, std::string(file_name), runtime::OpenMode::Create));
  has_file_ = true;
  const Bytes zeros(std::min<uint64_t>(piece_bytes, bytes_));
  for (uint64_t written = 0; written < bytes_;) {
    const uint64_t count = std::min<uint64_t>(zeros.size(), bytes_ - written);
    const std::vector<ByteView> pieces{ByteView(zeros).first(count)};
    const Result<> done = co_await file->write(written, pieces);
    if (!done) {
      CO_TRY(co_await give_up());
      if (done.error().code != Errc::NoSpace) {
        co_return done;
      }
      break;
    }
    written += count;
  }
  co_return {};
}

runtime::Async<> DiskReserve::give_up() {
  has_file_ = false;
  co_return co_await files().remove(path());
}

}  // namespace odradek::storage
