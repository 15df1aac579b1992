// A disk in memory that knows what a power cut would leave of it.
//
// Files are in pages of 4 KiB: a page written since the last sync may or may not survive, whatever came after it, and
// of the last one perhaps only some sectors. Directory operations (create, rename, remove) since the last sync of their
// directory survive or not one by one, each as a whole. A sync that fails loses pages for good, though reads still show
// them: later syncs do not bring them to the disk. Each directory below the root is a file system of its own.
// Shared by all shards and processes of a simulation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "runtime/file.h"
#include "runtime/random.h"
#include "runtime/sim/process_id.h"

namespace odradek::runtime {

// What goes wrong on purpose, set and cleared by tests at any time.
struct DiskFaults {
  uint64_t io_error_one_in = 0;                // operations on files fail with Io now and then; 0: never
  uint64_t sync_error_one_in = 0;              // the same for syncs alone
  uint64_t capacity_bytes = ~0ULL;             // NoSpace beyond
  Duration sync_delay_max = Duration::zero();  // syncs take up to this
  bool is_dead = false;                        // everything fails with Io
  bool is_out_of_descriptors = false;          // files cannot be opened, nor used: as if all had been closed in between
  std::string under = "/";                     // errors happen below this path only
};

// What a broker with a certain bug would do, done behind the back of one that has none: tests show that they notice.
struct DiskLies {
  std::string skips_sync_of;           // syncs of files whose names end so do nothing
  bool skips_directory_syncs = false;  // and those of directories
  std::string keeps_tail_of;           // files whose names end so are never cut shorter
  std::string holds_back_writes_to;    // of files whose names end so, killing a process takes the last append
  bool index_runs_ahead = false;       // offset indexes lead to the batch after the one that is meant
};

// A file's contents, or a directory's names. Lives on while a name or an open file refers to it.
class SimNode {
 public:
  static constexpr uint64_t page_size = 4096;

  SimNode(EntryKind kind, uint32_t volume) : kind_(kind), volume_(volume) {}
  [[nodiscard]] EntryKind kind() const { return kind_; }
  // Which file system it is in.
  [[nodiscard]] uint32_t volume() const { return volume_; }

  // Files.
  [[nodiscard]] uint64_t size() const { return bytes_.size(); }
  [[nodiscard]] size_t read(uint64_t position, MutableByteView into) const;
  void write(uint64_t position, ByteView piece);
  void truncate(uint64_t size);
  void sync();
  // The sync fails: of the pages that it should have written some are lost for good, others count as unsynced.
  void fail_sync(Random& chance);
  void lose_unsynced(Random& chance, bool keep_some);
  // Takes back the last write if it was an append.
  void undo_append();

  // Directories.
  [[nodiscard]] std::map<std::string, std::shared_ptr<SimNode>>& names() { return names_; }
  [[nodiscard]] std::map<std::string, std::shared_ptr<SimNode>>& durable_names() { return durable_names_; }

 private:
  void remember(uint64_t from, uint64_t to);
  [[nodiscard]] Bytes synced_bytes() const;
  [[nodiscard]] bool is_unsynced(uint64_t page) const;

  EntryKind kind_;
  uint32_t volume_;
  Bytes bytes_;
  uint64_t size_before_append_ = ~0ULL;  // none when ~0
  uint64_t synced_size_ = 0;
  std::map<uint64_t, Bytes> synced_pages_;  // the synced bytes of each page that was changed since, by page number
  std::set<uint64_t> lost_pages_;           // not on the disk, and no sync will bring them there; all in synced_pages_
  std::map<std::string, std::shared_ptr<SimNode>> names_;
  std::map<std::string, std::shared_ptr<SimNode>> durable_names_;
};

class SimDisk {
 public:
  using NodePtr = std::shared_ptr<SimNode>;

  explicit SimDisk(uint64_t seed);

  [[nodiscard]] DiskFaults& faults() { return faults_; }
  [[nodiscard]] DiskLies& lies() { return lies_; }
  // Operations so far.
  [[nodiscard]] uint64_t operations() const { return operations_; }
  void count_operation() { ++operations_; }

  // The power goes and comes back: unsynced pages and directory operations survive or not by the seed, locks are gone,
  // and every file opened before answers Io.
  void crash();

  // The same, but nothing unsynced survives.
  void crash_to_synced();

  // Counts power cuts; what was opened before the last one is dead.
  [[nodiscard]] uint64_t generation() const { return generation_; }

  [[nodiscard]] Result<NodePtr> find(std::string_view path) const;
  [[nodiscard]] Result<NodePtr> open(const std::string& path, OpenMode mode);
  [[nodiscard]] Result<> rename(const std::string& from, const std::string& to);
  [[nodiscard]] Result<> remove(const std::string& path);
  [[nodiscard]] Result<> remove_all(const std::string& path);
  [[nodiscard]] Result<> create_directories(const std::string& path);
  [[nodiscard]] Result<> sync_directory(const std::string& path);
  [[nodiscard]] Result<> sync_all(const std::string& path);
  [[nodiscard]] Result<> reserve(uint64_t more_bytes);  // NoSpace
  [[nodiscard]] uint64_t used_bytes() const;
  [[nodiscard]] Result<> lock(const std::string& path, ProcessId by);
  void unlock(const std::string& path);
  // What the kernel does for a process that is gone.
  void forget_process(ProcessId process);
  // What DiskLies::holds_back_writes_to takes from a process that is killed.
  void lose_held_back();

 private:
  // A change of names not yet durable: `node` leaves `from` (unless null) and appears in `to` (unless null).
  struct NameChange {
    NodePtr node;
    NodePtr from;
    std::string from_name;
    NodePtr to;
    std::string to_name;
  };
  struct Place {
    NodePtr directory;
    std::string name;
  };

  [[nodiscard]] Result<Place> place_of(const std::string& path) const;
  [[nodiscard]] NodePtr make(EntryKind kind, const NodePtr& directory);
  void change(NameChange change);
  static void make_durable(const NameChange& change);
  static void sync_files(SimNode& node);
  void undo_appends(SimNode& node, std::string_view suffix);
  void restart(bool keep_some);
  void restart_node(SimNode& node, bool keep_some, std::set<const SimNode*>& seen);

  Random chance_;
  DiskFaults faults_;
  DiskLies lies_;
  uint64_t operations_ = 0;
  uint32_t volumes_ = 0;
  NodePtr root_;
  std::vector<NameChange> unsynced_changes_;
  std::map<std::string, ProcessId> locks_;
  uint64_t generation_ = 0;
};

}  // namespace odradek::runtime
