// What a process did to one directory tree, in order, appended to a file that power.py reads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <mutex>
#include <string>

namespace odradek::faults {

enum class Effect : uint32_t {
  Create = 1,     // path, inode: a file that was not there
  Write,          // inode, from = position, bytes
  Resize,         // inode, from = size
  Rename,         // path to other
  Remove,         // path: a file or an empty directory
  MakeDirectory,  // path, inode
  SyncBegin,      // inode, number; of which kind says `call`
  SyncEnd,        // number; only of one that succeeded
  Started,        // a process begins to record
  Unsupported,    // path names a call that this recorder cannot follow
};

enum class SyncCall : uint32_t { None, Fdatasync, Fsync, Syncfs };

struct Entry {
  Effect effect;
  SyncCall call = SyncCall::None;
  uint64_t inode = 0;
  uint64_t from = 0;    // position, size
  uint64_t number = 0;  // of a sync
  std::string path;
  std::string other;
  std::string bytes;
};

// One per process. $ODRADEK_RECORDING names the file, $ODRADEK_RECORDED_ROOT the tree; without them nothing is
// recorded. An effect and its entry are one step to everyone else: hold `order` across both.
class Recording {
 public:
  static Recording& of_this_process();

  [[nodiscard]] bool is_on() const { return fd_ >= 0; }
  // Whether the absolute path lies in the tree.
  [[nodiscard]] bool covers(const std::string& path) const;
  // The path that a call with a directory's descriptor means.
  [[nodiscard]] static std::string resolve(int directory, const char* path);

  void append(const Entry& entry);

  void follow(int fd, bool follows);
  [[nodiscard]] bool is_followed(int fd) const;

  std::mutex order;

 private:
  static constexpr int descriptors_max = 65536;

  Recording();
  void die_when_told();

  int fd_ = -1;
  std::string root_;
  uint8_t followed_[descriptors_max] = {};
};

}  // namespace odradek::faults
