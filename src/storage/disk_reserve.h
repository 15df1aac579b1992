// Room kept in a log directory for what must be written even when the disk is full: checkpoints, metadata, snapshots.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/file.h"
#include "runtime/task.h"

namespace odradek::storage {

// A plain file of zeros beside the partitions' directories; Kafka looks at directories only. When the disk is full it
// is given up: its room is then there for us, as long as nobody appends records meanwhile. When there is room again it
// is made again. Belongs to one shard.
class DiskReserve {
 public:
  static constexpr std::string_view file_name = ".odradek-reserve";

  // `bytes`, but no more than a small part of the disk; 0: nothing is kept, and the disk is never found full.
  DiskReserve(std::string directory, uint64_t bytes) : directory_(std::move(directory)), bytes_(bytes) {}

  // Looks how much room the disk has, and makes the file or gives it up. Errors of the disk, but not NoSpace.
  [[nodiscard]] runtime::Async<> look();

  // Given up: records should wait.
  [[nodiscard]] bool is_spent() const { return is_spent_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }

 private:
  [[nodiscard]] runtime::Async<> find(uint64_t disk_bytes);
  [[nodiscard]] runtime::Async<> make();
  [[nodiscard]] runtime::Async<> give_up();
  [[nodiscard]] std::string path() const;

  std::string directory_;
  uint64_t bytes_;
  bool is_known_ = false;  // whether has_file_ has been looked up
  bool has_file_ = false;
  bool is_spent_ = false;
};

}  // namespace odradek::storage
