#include "runtime/real/real_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "runtime/real/errno_error.h"
#include "runtime/real/real_file.h"

namespace odradek::runtime {
namespace {

int create_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::Read:
    case OpenMode::Write: return 0;
    case OpenMode::Create: return O_CREAT;
    case OpenMode::CreateNew: return O_CREAT | O_EXCL;
  }
  unreachable();
}

Result<> done_or(int code, std::string_view what) {
  if (code != 0) {
    return errno_error(code, what);
  }
  return {};
}

// A file that need not exist yet, told by its directory: links and mounts give one directory many paths.
struct FileIdentity {
  dev_t device = 0;
  ino_t directory = 0;
  std::string name;

  friend auto operator<=>(const FileIdentity&, const FileIdentity&) = default;
};

Result<FileIdentity> identity_of(const std::string& path) {
  const std::filesystem::path parts(path);
  const std::string directory = parts.has_parent_path() ? parts.parent_path().string() : ".";
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) {
    return errno_error(errno, path);
  }
  return FileIdentity{.device = status.st_dev, .directory = status.st_ino, .name = parts.filename().string()};
}

// fcntl locks belong to the process, and closing any descriptor of the file drops them: so a second one in the same
// process is refused here, before the file is touched.
class OwnLocks {
 public:
  bool add(const FileIdentity& file) {
    const std::lock_guard lock(mutex_);
    return files_.insert(file).second;
  }
  void remove(const FileIdentity& file) {
    const std::lock_guard lock(mutex_);
    files_.erase(file);
  }

 private:
  std::mutex mutex_;
  std::set<FileIdentity> files_;
};

OwnLocks& own_locks() {
  static OwnLocks all;
  return all;
}

class RealFileLock final : public FileLock {
 public:
  RealFileLock(std::string path, FileIdentity identity) : path_(std::move(path)), identity_(std::move(identity)) {}
  RealFileLock(const RealFileLock&) = delete;
  RealFileLock& operator=(const RealFileLock&) = delete;
  ~RealFileLock() override {
    if (fd_ >= 0) {
      ::close(fd_);
    }
    own_locks().remove(identity_);
  }

  Result<> take() {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd_ < 0) {
      return errno_error(errno, path_);
    }
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(fd_, F_SETLK, &whole) == 0) {
      return {};
    }
    if (errno == EACCES || errno == EAGAIN) {
      return fail(Errc::Locked, path_ + ": locked by another process");
    }
    return errno_error(errno, path_);
  }

 private:
  std::string path_;
  FileIdentity identity_;
  int fd_ = -1;
};

// `sync` is fsync or syncfs.
int sync_directory_now(const std::string& path, int (*sync)(int)) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return errno;
  }
  const int code = sync(fd) == 0 ? 0 : errno;
  ::close(fd);
  return code;
}

// All of them or an error: who takes part of a partition's segments for all of them loses the others.
Result<std::vector<DirectoryEntry>> entries_of(DIR* directory, const std::string& path) {
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (entry == nullptr && errno != 0) {
      return errno_error(errno, path);
    }
    if (entry == nullptr) {
      break;
    }
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") {
      continue;
    }
    struct stat status{};
    if (::fstatat(::dirfd(directory), entry->d_name, &status, 0) != 0) {
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == EACCES) {
        continue;  // it vanished meanwhile, or is a link that leads nowhere
      }
      return errno_error(errno, path + "/" + entry->d_name);
    }
    const EntryKind kind = S_ISREG(status.st_mode)   ? EntryKind::File
                           : S_ISDIR(status.st_mode) ? EntryKind::Directory
                                                     : EntryKind::Other;
    entries.push_back({.name = std::string(name),
                       .kind = kind,
                       .size = kind == EntryKind::File ? static_cast<uint64_t>(status.st_size) : 0});
  }
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

}  // namespace

Async<std::unique_ptr<File>> RealFileSystem::open(Directory directory, std::string name, OpenMode mode) {
  auto file =
      std::make_unique<RealFile>(threads_, descriptors_, std::move(directory), std::move(name), mode != OpenMode::Read);
  CO_TRY(file->open_first(create_flags(mode)));
  co_return file;
}

Async<> RealFileSystem::rename(std::string from, std::string to) {
  co_return done_or(::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno, from + " to " + to);
}

Async<> RealFileSystem::remove(std::string path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    co_return errno_error(errno, path);
  }
  const auto remove_now = [&path] { return ::remove(path.c_str()) == 0 ? 0 : errno; };
  if (S_ISREG(status.st_mode) && status.st_size > large_file_bytes) {
    const int code = co_await threads_.run(remove_now);
    co_return done_or(code, path);
  }
  co_return done_or(remove_now(), path);
}

Async<> RealFileSystem::remove_all(std::string path) {
  const int code = co_await threads_.run([&path] {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    return error.value();
  });
  co_return done_or(code, path);
}

Async<> RealFileSystem::create_directories(std::string path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  co_return done_or(error.value(), path);
}

Async<std::vector<DirectoryEntry>> RealFileSystem::list(std::string path) {
  DIR* directory = ::opendir(path.c_str());
  while (directory == nullptr && descriptors_.makes_room_after(errno)) {
    directory = ::opendir(path.c_str());
  }
  if (directory == nullptr) {
    co_return errno_error(errno, path);
  }
  Result<std::vector<DirectoryEntry>> entries = entries_of(directory, path);
  ::closedir(directory);
  co_return entries;
}

Async<bool> RealFileSystem::exists(std::string path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    co_return true;
  }
  if (errno == ENOENT || errno == ENOTDIR) {
    co_return false;
  }
  co_return errno_error(errno, path);
}

Async<> RealFileSystem::sync_directory(std::string path) { return sync_by(std::move(path), &::fsync); }

Async<> RealFileSystem::sync_all(std::string path) { return sync_by(std::move(path), &::syncfs); }

Async<> RealFileSystem::sync_by(std::string path, int (*sync)(int)) {
  for (;;) {
    const int code = co_await threads_.run([&path, sync] { return sync_directory_now(path, sync); });
    if (!descriptors_.makes_room_after(code)) {
      co_return done_or(code, path);
    }
  }
}

Async<std::unique_ptr<FileLock>> RealFileSystem::lock(std::string path) {
  CO_TRY(FileIdentity identity, identity_of(path));
  if (!own_locks().add(identity)) {
    co_return fail(Errc::Locked, path + ": locked by this process already");
  }
  auto lock = std::make_unique<RealFileLock>(path, std::move(identity));
  CO_TRY(lock->take());
  co_return lock;
}

Async<DiskSpace> RealFileSystem::space(std::string path) {
  struct statvfs status{};
  if (::statvfs(path.c_str(), &status) != 0) {
    co_return errno_error(errno, path);
  }
  const uint64_t block = status.f_frsize;
  co_return DiskSpace{.total_bytes = status.f_blocks * block, .usable_bytes = status.f_bavail * block};
}

}  // namespace odradek::runtime
