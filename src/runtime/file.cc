#include "runtime/file.h"

#include <utility>

namespace odradek::runtime {
namespace {

// "/a/b" -> {"/a", "b"}.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  ensure(slash != std::string::npos && slash + 1 < path.size(), "a file's path is absolute");
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Async<Bytes> read_blob(Blob blob) {
  if (blob.in_memory()) {
    const ByteView view = blob.view();
    co_return Bytes(view.begin(), view.end());
  }
  const auto* held = dynamic_cast<const HeldFile*>(blob.file().get());
  ensure(held != nullptr, "a file range comes from File::range");
  Bytes bytes(blob.size());
  CO_TRY(const size_t size, held->read(blob.position(), bytes));
  if (size < bytes.size()) {
    co_return fail(Errc::Io, "the file is shorter than the range read from it");
  }
  co_return bytes;
}

Async<Bytes> FileSystem::read_file(std::string path, uint64_t size_max) {
  auto [directory, name] = split_path(path);
  CO_TRY(const auto file,
         co_await open(std::make_shared<DirectoryPath>(std::move(directory)), std::move(name), OpenMode::Read));
  CO_TRY(const uint64_t size, co_await file->size());
  if (size > size_max) {
    co_return fail(Errc::CorruptMessage, path + " is larger than such a file can be");
  }
  Bytes bytes(size);
  CO_TRY(const size_t filled, co_await file->read(0, bytes));
  bytes.resize(filled);
  co_return bytes;
}

Async<> FileSystem::replace_file(std::string path, Bytes contents) {
  auto [directory, name] = split_path(path);
  const std::string temporary = name + ".tmp";
  CO_TRY(const auto file, co_await open(std::make_shared<DirectoryPath>(directory), temporary, OpenMode::Create));
  CO_TRY(co_await file->truncate(0));
  CO_TRY(co_await file->write(0, {ByteView(contents)}));
  CO_TRY(co_await file->sync());
  CO_TRY(co_await file->rename(name));
  co_return co_await sync_directory(std::move(directory));
}

}  // namespace odradek::runtime
