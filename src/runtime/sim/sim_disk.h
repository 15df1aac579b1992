// A disk in memory that knows what a power cut would leave of it.
//
// Files are in pages of 4 KiB: a page written since the last sync may or may not survive, whatever came after it.
// Directory operations (create, rename, remove) since the last sync of their directory survive or not one by one.
// Shared by all shards of a simulation.
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

namespace odradek::runtime {

// What goes wrong on purpose, set and cleared by tests at any time.
struct DiskFaults {
  uint64_t io_error_one_in = 0;     // operations on files fail with Io now and then; 0: never
  uint64_t capacity_bytes = ~0ULL;  // NoSpace beyond
  bool is_dead = false;             // everything fails with Io
};

// A file's contents, or a directory's names. Lives on while a name or an open file refers to it.
class SimNode {
 public:
  static constexpr uint64_t page_size = 4096;

  explicit SimNode(EntryKind kind) : kind_(kind) {}
  [[nodiscard]] EntryKind kind() const { return kind_; }

  // Files.
  [[nodiscard]] uint64_t size() const { return bytes_.size(); }
  [[nodiscard]] size_t read(uint64_t position, MutableByteView into) const;
  void write(uint64_t position, ByteView piece);
  void truncate(uint64_t size);
  void sync();
  void lose_unsynced(Random& chance, bool keep_some);

  // Directories.
  [[nodiscard]] std::map<std::string, std::shared_ptr<SimNode>>& names() { return names_; }
  [[nodiscard]] std::map<std::string, std::shared_ptr<SimNode>>& durable_names() { return durable_names_; }

 private:
  void remember(uint64_t from, uint64_t to);
  [[nodiscard]] Bytes synced_bytes() const;

  EntryKind kind_;
  Bytes bytes_;
  uint64_t synced_size_ = 0;
  std::map<uint64_t, Bytes> synced_pages_;  // the synced bytes of each page that was changed since, by page number
  std::map<std::string, std::shared_ptr<SimNode>> names_;
  std::map<std::string, std::shared_ptr<SimNode>> durable_names_;
};

class SimDisk {
 public:
  using NodePtr = std::shared_ptr<SimNode>;

  explicit SimDisk(uint64_t seed);

  [[nodiscard]] DiskFaults& faults() { return faults_; }

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
  void sync_all();
  [[nodiscard]] Result<> reserve(uint64_t more_bytes);  // NoSpace
  [[nodiscard]] uint64_t used_bytes() const;
  [[nodiscard]] Result<> lock(const std::string& path);
  void unlock(const std::string& path);

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
  void change(NameChange change);
  static void make_durable(const NameChange& change);
  static void sync_files(SimNode& node);
  void restart(bool keep_some);
  void restart_node(SimNode& node, bool keep_some, std::set<const SimNode*>& seen);

  Random chance_;
  DiskFaults faults_;
  NodePtr root_;
  std::vector<NameChange> unsynced_changes_;
  std::set<std::string> locks_;
  uint64_t generation_ = 0;
};

}  // namespace odradek::runtime
