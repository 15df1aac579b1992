// One shard's door to the simulated disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/file.h"
#include "runtime/shard.h"
#include "runtime/sim/sim_disk.h"

namespace odradek::runtime {

class SimFileSystem final : public FileSystem {
 public:
  SimFileSystem(SimDisk& disk, Shard& shard, ProcessId process, Duration delay_max)
      : disk_(disk), shard_(shard), process_(process), delay_max_(delay_max) {}

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

  // Takes as long as the disk takes, then fails if a fault says so.
  [[nodiscard]] Async<> operate(std::string_view path);
  // Before and after the moment that a sync makes durable: what is written between that moment and its answer is not.
  [[nodiscard]] Task<void> take_time_to_sync();
  [[nodiscard]] Result<> check_descriptors(std::string_view path) const;
  [[nodiscard]] bool sync_fails(std::string_view path);

  [[nodiscard]] SimDisk& disk() { return disk_; }
  [[nodiscard]] Random& chance() { return shard_.random(); }

 private:
  SimDisk& disk_;
  Shard& shard_;
  ProcessId process_;
  Duration delay_max_;
};

}  // namespace odradek::runtime
