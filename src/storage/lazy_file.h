// A file by its name, opened when it is first needed: most files of a log directory are not touched for hours.
//
// It knows whether it may hold what the disk does not, so that syncing a calm file costs nothing; whoever writes
// through get() or make() says so with written(). Of a file that was there before nothing is known. Owned by a segment
// or an index; one shard. Errors are those of runtime::File.
#pragma once

#include <memory>
#include <string>

#include "runtime/file.h"
#include "runtime/task.h"

namespace odradek::storage {

class LazyFile {
 public:
  // `exists`: whether a file of this name is known to be there; otherwise make() creates it.
  LazyFile(runtime::Directory directory, std::string name, bool exists)
      : directory_(std::move(directory)), name_(std::move(name)), exists_(exists), unsynced_(exists) {}

  [[nodiscard]] bool exists() const { return exists_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // The open file; NotFound if there is none. Valid as long as this object.
  [[nodiscard]] runtime::Async<runtime::File*> get();
  // The open file, created if there is none.
  [[nodiscard]] runtime::Async<runtime::File*> make();

  // Makes `contents` all that is in the file. Not durable before sync.
  [[nodiscard]] runtime::Async<> replace(Bytes contents);
  // Writes at `position`. Not durable before sync.
  [[nodiscard]] runtime::Async<> write(uint64_t position, Bytes contents);
  [[nodiscard]] runtime::Async<> truncate(uint64_t size);
  // Something was written to the open file.
  void written() { unsynced_ = true; }
  // All that is in the file; nothing if there is no file. CorruptMessage above `size_max` bytes.
  [[nodiscard]] runtime::Async<Bytes> read_all(uint64_t size_max);
  // Returns when all that was written before is on disk; nothing to do if there is no file. One at a time.
  [[nodiscard]] runtime::Async<> sync();
  [[nodiscard]] runtime::Async<> rename(std::string name);
  [[nodiscard]] runtime::Async<> remove();

 private:
  [[nodiscard]] runtime::Async<runtime::File*> open(runtime::OpenMode mode);
  [[nodiscard]] std::string path(const std::string& name) const { return directory_->text() + "/" + name; }

  runtime::Directory directory_;
  std::string name_;
  bool exists_;
  bool unsynced_;
  std::unique_ptr<runtime::File> file_;
};

}  // namespace odradek::storage
