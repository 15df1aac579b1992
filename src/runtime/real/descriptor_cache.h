// File descriptors on loan: many files share few of them.
//
// Each shard has one cache with its part of the process's cap. A file that is opened beyond the cap closes the one used
// least lately; that one opens again, by its path, when it is used next. A descriptor that a range, or an I/O thread,
// still holds is never closed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>

#include "runtime/file.h"

namespace odradek::runtime {

// An open file. Reads block while the disk answers.
class OpenDescriptor final : public HeldFile {
 public:
  explicit OpenDescriptor(int fd) : fd_(fd) {}
  OpenDescriptor(const OpenDescriptor&) = delete;
  OpenDescriptor& operator=(const OpenDescriptor&) = delete;
  ~OpenDescriptor() override;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Result<size_t> read(uint64_t position, MutableByteView into) const override;

  // Where the latest write ended: what lies little before that is in the page cache. 0: nothing was written.
  [[nodiscard]] uint64_t recent_end() const { return recent_end_.load(std::memory_order_relaxed); }
  void wrote_up_to(uint64_t end) const { recent_end_.store(end, std::memory_order_relaxed); }

 private:
  int fd_;
  mutable std::atomic<uint64_t> recent_end_ = 0;  // read by the shard that sends a range
};

class DescriptorCache {
 public:
  // One file's place in the cache; removed from it when destroyed.
  class Slot {
   public:
    explicit Slot(DescriptorCache& cache) : cache_(cache) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() { drop(); }

    // The open descriptor, now the one used most lately; null if it has been closed.
    [[nodiscard]] std::shared_ptr<const OpenDescriptor> use();
    void fill(std::shared_ptr<const OpenDescriptor> descriptor);
    void drop();

   private:
    friend DescriptorCache;
    DescriptorCache& cache_;
    std::shared_ptr<const OpenDescriptor> descriptor_;
    std::list<Slot*>::iterator place_;  // valid while descriptor_ is set
  };

  explicit DescriptorCache(size_t cap) : cap_(cap) {}
  DescriptorCache(const DescriptorCache&) = delete;
  DescriptorCache& operator=(const DescriptorCache&) = delete;

  // open(2), closing cached descriptors and trying again when the process has run out of them. TooManyOpenFiles when
  // there is none left to close.
  [[nodiscard]] Result<std::shared_ptr<const OpenDescriptor>> open(const std::string& path, int flags);

  // Whether to try again after a call that failed with this errno: then descriptors had run out, and some are closed
  // now.
  [[nodiscard]] bool makes_room_after(int code);

  [[nodiscard]] size_t open_count() const { return by_age_.size(); }

 private:
  // Closes up to `count` descriptors that nobody holds, the least lately used first; how many.
  size_t evict(size_t count);

  size_t cap_;
  std::list<Slot*> by_age_;  // the most lately used first
};

}  // namespace odradek::runtime
