// A file of the disk, on a descriptor that may be closed in between.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "runtime/file.h"
#include "runtime/real/descriptor_cache.h"
#include "runtime/real/io_threads.h"

namespace odradek::runtime {

// Freeing the blocks of a file larger than this takes long enough to be noticed.
inline constexpr off_t large_file_bytes = 16 << 20;

class RealFile final : public File {
 public:
  RealFile(IoThreads& threads, DescriptorCache& descriptors, Directory directory, std::string name, bool may_write)
      : threads_(threads),
        descriptors_(descriptors),
        slot_(descriptors),
        directory_(std::move(directory)),
        name_(std::move(name)),
        may_write_(may_write) {}
  RealFile(const RealFile&) = delete;
  RealFile& operator=(const RealFile&) = delete;
  ~RealFile() override;

  // Opens it for the first time, with open(2)'s flags for creating.
  [[nodiscard]] Result<> open_first(int create_flags);

  [[nodiscard]] Async<size_t> read(uint64_t position, MutableByteView into) override;
  [[nodiscard]] Async<> write(uint64_t position, std::vector<ByteView> pieces) override;
  [[nodiscard]] Async<> truncate(uint64_t size) override;
  [[nodiscard]] Async<> sync() override;
  [[nodiscard]] Async<uint64_t> size() override;
  [[nodiscard]] Async<> rename(std::string name) override;
  [[nodiscard]] Async<Blob> range(uint64_t position, uint64_t size) override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  using Held = std::shared_ptr<const OpenDescriptor>;

  // The open descriptor, opened again if it had been closed. NotFound when its name now leads to another file.
  [[nodiscard]] Result<Held> hold();
  [[nodiscard]] Result<> write_now(const OpenDescriptor& to, uint64_t position, const std::vector<ByteView>& pieces);
  [[nodiscard]] std::string path() const { return directory_->text() + "/" + name_; }
  [[nodiscard]] int access_flags() const;

  IoThreads& threads_;
  DescriptorCache& descriptors_;
  DescriptorCache::Slot slot_;
  Directory directory_;
  std::string name_;
  bool may_write_;
  uint64_t device_ = 0;  // with inode_: who the file is, whatever its name
  uint64_t inode_ = 0;
  uint64_t recent_end_ = 0;  // survives the descriptor
};

}  // namespace odradek::runtime
