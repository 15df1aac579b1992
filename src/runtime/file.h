// The doors to the disk. All calls are awaitable; whether a call is made inline or on an I/O thread is the
// implementation's policy.
//
// Errors: NoSpace, TooManyOpenFiles, NotFound, AlreadyExists, PermissionDenied, Locked, and Io for the rest. Paths are
// absolute. Nothing here is durable before the sync call that says so.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "runtime/task.h"
#include "runtime/time.h"

namespace odradek::runtime {

// A directory whose path may change under the files in it (a deleted partition's directory is renamed). Files opened
// in it follow: their descriptors may be closed and opened again at any time (see FileSystem).
class DirectoryPath {
 public:
  explicit DirectoryPath(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] const std::string& text() const { return path_; }
  void set(std::string path) { path_ = std::move(path); }

 private:
  std::string path_;
};
using Directory = std::shared_ptr<DirectoryPath>;

// A file of one shard. Its descriptor is opened when needed and may be closed in between: thousands of partitions
// live on fewer descriptors (one LRU per process, with a cap and a reserve apart from sockets).
class File {
 public:
  virtual ~File() = default;

  // Reads up to into.size() bytes at `position`; fewer only at the end of the file.
  [[nodiscard]] virtual Async<size_t> read(uint64_t position, MutableByteView into) = 0;

  // Writes all pieces one after the other from `position` on. After an error any part of them may be there; after
  // TooManyOpenFiles none is.
  [[nodiscard]] virtual Async<> write(uint64_t position, std::vector<ByteView> pieces) = 0;

  // Cuts the file, or extends it with zeros.
  [[nodiscard]] virtual Async<> truncate(uint64_t size) = 0;

  // Returns when all bytes written before are on the disk (fdatasync).
  [[nodiscard]] virtual Async<> sync() = 0;

  [[nodiscard]] virtual Async<uint64_t> size() = 0;

  // Renames within its directory, replacing what has that name. Durable after sync_directory.
  [[nodiscard]] virtual Async<> rename(std::string name) = 0;

  // A range to be sent to a socket. Keeps the descriptor open, so the file may be renamed or removed meanwhile.
  [[nodiscard]] virtual Async<Blob> range(uint64_t position, uint64_t size) = 0;

  [[nodiscard]] virtual const std::string& name() const = 0;
};

// What a File's ranges are made of: holds the file open; may be read on any shard. read() blocks while the disk
// answers, so it is for conversions and tests; whole ranges go through read_blob or a Socket.
class HeldFile : public FileSource {
 public:
  // Reads up to into.size() bytes at `position`; fewer only at the end of the file.
  [[nodiscard]] virtual Result<size_t> read(uint64_t position, MutableByteView into) const = 0;
};

// The bytes of a Blob in memory. Io when the file has ended before its range does.
[[nodiscard]] Async<Bytes> read_blob(Blob blob);

enum class OpenMode : uint8_t {
  Read,       // must exist
  Write,      // must exist; read and write
  Create,     // read and write; made empty if absent
  CreateNew,  // AlreadyExists if there is one
};

enum class EntryKind : uint8_t { File, Directory, Other };

struct DirectoryEntry {
  std::string name;
  EntryKind kind;
  uint64_t size;  // of a file, bytes
};

struct DiskSpace {
  uint64_t total_bytes;
  uint64_t usable_bytes;
};

// Held until destroyed; the kernel drops it if the process dies. Taken as Java's FileLock is: fcntl over the whole
// file.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  [[nodiscard]] virtual Async<std::unique_ptr<File>> open(Directory directory, std::string name, OpenMode mode) = 0;

  // Renames files and directories; replaces a file, never a directory that is not empty.
  [[nodiscard]] virtual Async<> rename(std::string from, std::string to) = 0;
  [[nodiscard]] virtual Async<> remove(std::string path) = 0;      // a file
  [[nodiscard]] virtual Async<> remove_all(std::string path) = 0;  // a directory and all in it; absent is no error
  [[nodiscard]] virtual Async<> create_directories(std::string path) = 0;
  [[nodiscard]] virtual Async<std::vector<DirectoryEntry>> list(std::string path) = 0;  // sorted by name
  [[nodiscard]] virtual Async<bool> exists(std::string path) = 0;

  // Makes names created, renamed and removed in this directory durable.
  [[nodiscard]] virtual Async<> sync_directory(std::string path) = 0;

  // Makes everything written so far, files and names, on the file system that holds `path` durable: one call where
  // thousands of files would be synced one by one.
  [[nodiscard]] virtual Async<> sync_all(std::string path) = 0;

  [[nodiscard]] virtual Async<std::unique_ptr<FileLock>> lock(std::string path) = 0;  // creates the file; Locked
  [[nodiscard]] virtual Async<DiskSpace> space(std::string path) = 0;

  // Whole small files (checkpoints, properties). read_file refuses more than `size_max` bytes with CorruptMessage.
  [[nodiscard]] Async<Bytes> read_file(std::string path, uint64_t size_max = 64 << 20);
  // Writes `path`.tmp, syncs it, renames it over `path`, syncs the directory: the old or the new contents, never a mix.
  [[nodiscard]] Async<> replace_file(std::string path, Bytes contents);
};

}  // namespace odradek::runtime
