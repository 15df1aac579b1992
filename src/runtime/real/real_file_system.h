// One shard's door to the disk, over Linux calls.
//
// What the page cache answers at once is done on the shard: writes, reads of cached bytes, opening, renaming, listing.
// Syncs, reads that miss the cache and removals of much go to the I/O threads.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/real/descriptor_cache.h"
#include "runtime/real/io_threads.h"

namespace odradek::runtime {

class RealFileSystem final : public FileSystem {
 public:
  RealFileSystem(IoThreads& threads, size_t descriptors_max) : threads_(threads), descriptors_(descriptors_max) {}

  [[nodiscard]] Async<std::unique_ptr<File>> open(Directory directory, std::string name, OpenMode mode) override;
  [[nodiscard]] Async<> rename(std::string from, std::string to) override;
  [[nodiscard]] Async<> remove(std::string path) override;
  [[nodiscard]] Async<> remove_all(std::string path) override;
  [[nodiscard]] Async<> create_directories(std::string path) override;
  [[nodiscard]] Async<std::vector<DirectoryEntry>> list(std::string path) override;
  [[nodiscard]] Async<bool> exists(std::string path) override;
  [[nodiscard]] Async<> sync_directory(std::string path) override;
  [[nodiscard]] Async<> sync_all(std::string path) override;
  [[nodiscard]] Async<std::unique_ptr<FileLock>> lock(std::string path) override;
  [[nodiscard]] Async<DiskSpace> space(std::string path) override;

  [[nodiscard]] DescriptorCache& descriptors() { return descriptors_; }

 private:
  [[nodiscard]] Async<> sync_by(std::string path, int (*sync)(int));

  IoThreads& threads_;
  DescriptorCache descriptors_;
};

}  // namespace odradek::runtime
