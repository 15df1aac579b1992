#include "storage/lazy_file.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/shard.h"

namespace odradek::storage {

runtime::Async<runtime::File*> LazyFile::get() {
  if (file_ != nullptr) {
    co_return file_.get();
  }
  co_return co_await open(runtime::OpenMode::Write);
}

runtime::Async<runtime::File*> LazyFile::make() {
  if (file_ != nullptr) {
    co_return file_.get();
  }
  co_return co_await open(runtime::OpenMode::Create);
}

runtime::Async<runtime::File*> LazyFile::open(runtime::OpenMode mode) {
  auto opened = co_await runtime::Shard::current().files().open(directory_, name_, mode);
  if (file_ == nullptr) {  // somebody else may have opened it meanwhile, and renamed it
    CO_TRY(file_, std::move(opened));
  }
  unsynced_ = unsynced_ || !exists_;
  exists_ = true;
  co_return file_.get();
}

runtime::Async<> LazyFile::replace(Bytes contents) {
  CO_TRY(co_await write(0, contents));
  co_return co_await truncate(contents.size());
}

runtime::Async<> LazyFile::write(uint64_t position, Bytes contents) {
  CO_TRY(runtime::File* const file, co_await make());
  const Result<> done = co_await file->write(position, {ByteView(contents)});
  unsynced_ = true;  // only now: a sync under way may have missed it
  co_return done;
}

runtime::Async<> LazyFile::truncate(uint64_t size) {
  CO_TRY(runtime::File* const file, co_await make());
  const Result<> done = co_await file->truncate(size);
  unsynced_ = true;
  co_return done;
}

runtime::Async<Bytes> LazyFile::read_all(uint64_t size_max) {
  if (!exists_) {
    co_return Bytes{};
  }
  CO_TRY(runtime::File* const file, co_await get());
  CO_TRY(const uint64_t size, co_await file->size());
  if (size > size_max) {
    co_return fail(Errc::CorruptMessage,
                   fmt::format("{} has {} bytes, at most {} are sensible", name_, size, size_max));
  }
  Bytes bytes(size);
  CO_TRY(const size_t got, co_await file->read(0, bytes));
  bytes.resize(got);
  co_return bytes;
}

runtime::Async<> LazyFile::sync() {
  if (!exists_ || !std::exchange(unsynced_, false)) {
    co_return {};
  }
  const Result<runtime::File*> file = co_await get();
  Result<> synced = fail(Errc::NotFound);
  if (file) {
    synced = co_await (*file)->sync();
  } else {
    synced = std::unexpected(file.error());
  }
  unsynced_ = unsynced_ || !synced;
  co_return synced;
}

runtime::Async<> LazyFile::rename(std::string name) {
  if (exists_) {
    // By the open file, which knows its name from then on: somebody may be about to read it.
    CO_TRY(runtime::File* const file, co_await get());
    CO_TRY(co_await file->rename(name));
  }
  name_ = std::move(name);
  co_return {};
}

runtime::Async<> LazyFile::remove() {
  if (!std::exchange(exists_, false)) {
    co_return {};
  }
  co_return co_await runtime::Shard::current().files().remove(path(name_));
}

}  // namespace odradek::storage
