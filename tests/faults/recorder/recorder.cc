// The C library's calls that change files, with a note of each (see recording.h). Loaded with LD_PRELOAD.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string>

#include "recording.h"

namespace odradek::faults {
namespace {

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

Recording& recording() { return Recording::of_this_process(); }

uint64_t inode_of(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 ? status.st_ino : 0;
}

bool exists(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0;
}

// O_TMPFILE is not followed.
int open_noting(int directory, const char* path, int flags, mode_t mode) {
  static auto* const open_at = real<int(int, const char*, int, ...)>("openat");
  Recording& notes = recording();
  const std::string whole = notes.is_on() ? Recording::resolve(directory, path) : std::string();
  if (!notes.is_on() || !notes.covers(whole)) {
    return open_at(directory, path, flags, mode);
  }
  const std::lock_guard lock(notes.order);
  const bool is_new = (flags & O_CREAT) != 0 && !exists(whole);
  const int fd = open_at(directory, path, flags, mode);
  if (fd >= 0) {
    notes.follow(fd, true);
    if (is_new) {
      notes.append({.effect = Effect::Create, .inode = inode_of(fd), .path = whole, .other = {}, .bytes = {}});
    } else if ((flags & O_TRUNC) != 0) {
      notes.append({.effect = Effect::Resize, .inode = inode_of(fd), .path = {}, .other = {}, .bytes = {}});
    }
  }
  return fd;
}

// `position` below 0: at the descriptor's own.
ssize_t write_noting(int fd, const iovec* pieces, int count, off_t position) {
  static auto* const write_at = real<ssize_t(int, const iovec*, int, off_t)>("pwritev");
  static auto* const write_on = real<ssize_t(int, const iovec*, int)>("writev");
  Recording& notes = recording();
  if (!notes.is_followed(fd)) {
    return position < 0 ? write_on(fd, pieces, count) : write_at(fd, pieces, count, position);
  }
  const std::lock_guard lock(notes.order);
  const off_t from = position < 0 ? ::lseek(fd, 0, SEEK_CUR) : position;
  const ssize_t written = position < 0 ? write_on(fd, pieces, count) : write_at(fd, pieces, count, position);
  const int code = errno;
  if (written > 0) {
    std::string bytes;
    for (int i = 0; i < count && bytes.size() < static_cast<size_t>(written); ++i) {
      bytes.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
    }
    bytes.resize(static_cast<size_t>(written));
    notes.append({.effect = Effect::Write,
                  .inode = inode_of(fd),
                  .from = static_cast<uint64_t>(from),
                  .path = {},
                  .other = {},
                  .bytes = std::move(bytes)});
  }
  errno = code;
  return written;
}

int sync_noting(int fd, SyncCall call, const char* name) {
  static std::atomic<uint64_t> count = 0;
  auto* const sync = real<int(int)>(name);
  Recording& notes = recording();
  if (!notes.is_followed(fd)) {
    return sync(fd);
  }
  // Numbers of several processes in one recording must differ.
  const uint64_t number = static_cast<uint64_t>(::getpid()) << 32 | ++count;
  {
    const std::lock_guard lock(notes.order);
    notes.append({.effect = Effect::SyncBegin,
                  .call = call,
                  .inode = inode_of(fd),
                  .number = number,
                  .path = {},
                  .other = {},
                  .bytes = {}});
  }
  const int result = sync(fd);
  const int code = errno;
  if (result == 0) {
    const std::lock_guard lock(notes.order);
    notes.append({.effect = Effect::SyncEnd, .call = call, .number = number, .path = {}, .other = {}, .bytes = {}});
  }
  errno = code;
  return result;
}

// `act` does it; afterwards, if it succeeded, `entry` is noted.
template <typename Act>
int noting(const std::string& path, Entry entry, Act act) {
  Recording& notes = recording();
  if (!notes.is_on() || !notes.covers(path)) {
    return act();
  }
  const std::lock_guard lock(notes.order);
  const int result = act();
  const int code = errno;
  if (result == 0) {
    if (entry.effect == Effect::MakeDirectory) {
      struct stat status{};
      ::lstat(path.c_str(), &status);
      entry.inode = status.st_ino;
    }
    entry.path = path;
    notes.append(entry);
  }
  errno = code;
  return result;
}

Entry plain(Effect effect, std::string other = {}) {
  return {.effect = effect, .path = {}, .other = std::move(other), .bytes = {}};
}

int resize_noting(int fd, off_t size) {
  static auto* const resize = real<int(int, off_t)>("ftruncate");
  Recording& notes = recording();
  if (!notes.is_followed(fd)) {
    return resize(fd, size);
  }
  const std::lock_guard lock(notes.order);
  const int result = resize(fd, size);
  if (result == 0) {
    notes.append({.effect = Effect::Resize,
                  .inode = inode_of(fd),
                  .from = static_cast<uint64_t>(size),
                  .path = {},
                  .other = {},
                  .bytes = {}});
  }
  return result;
}

void cannot_follow(int fd, const char* call) {
  Recording& notes = recording();
  if (notes.is_followed(fd)) {
    const std::lock_guard lock(notes.order);
    notes.append({.effect = Effect::Unsupported, .path = call, .other = {}, .bytes = {}});
  }
}

int unlink_noting(int directory, const char* path, int flags) {
  static auto* const unlink_at = real<int(int, const char*, int)>("unlinkat");
  return noting(Recording::resolve(directory, path), plain(Effect::Remove),
                [&] { return unlink_at(directory, path, flags); });
}

int rename_noting(int from_directory, const char* from, int to_directory, const char* to) {
  static auto* const rename_at = real<int(int, const char*, int, const char*)>("renameat");
  return noting(Recording::resolve(from_directory, from), plain(Effect::Rename, Recording::resolve(to_directory, to)),
                [&] { return rename_at(from_directory, from, to_directory, to); });
}

int make_directory_noting(int directory, const char* path, mode_t mode) {
  static auto* const make_at = real<int(int, const char*, mode_t)>("mkdirat");
  return noting(Recording::resolve(directory, path), plain(Effect::MakeDirectory),
                [&] { return make_at(directory, path, mode); });
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

// Before main() makes threads: all of them must inherit the mask of signals.
[[gnu::constructor]] void begin() { static_cast<void>(recording()); }

}  // namespace
}  // namespace odradek::faults

using namespace odradek::faults;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noting(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noting(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noting(directory, path, flags, mode);
}

int openat64(int directory, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return open_noting(directory, path, flags, mode);
}

int close(int fd) {
  static auto* const close_it = real<int(int)>("close");
  Recording& notes = recording();
  if (notes.is_on()) {
    notes.follow(fd, false);
  }
  return close_it(fd);
}

ssize_t pwritev(int fd, const iovec* pieces, int count, off_t position) {
  return write_noting(fd, pieces, count, position);
}
ssize_t pwritev64(int fd, const iovec* pieces, int count, off64_t position) {
  return write_noting(fd, pieces, count, position);
}
ssize_t pwritev2(int fd, const iovec* pieces, int count, off_t position, int) {
  return write_noting(fd, pieces, count, position);
}
ssize_t pwritev64v2(int fd, const iovec* pieces, int count, off64_t position, int) {
  return write_noting(fd, pieces, count, position);
}
ssize_t writev(int fd, const iovec* pieces, int count) { return write_noting(fd, pieces, count, -1); }
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t position) {
  const iovec piece{.iov_base = const_cast<void*>(bytes), .iov_len = size};
  return write_noting(fd, &piece, 1, position);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t position) { return pwrite(fd, bytes, size, position); }
ssize_t write(int fd, const void* bytes, size_t size) {
  const iovec piece{.iov_base = const_cast<void*>(bytes), .iov_len = size};
  return write_noting(fd, &piece, 1, -1);
}

int ftruncate(int fd, off_t size) noexcept { return resize_noting(fd, size); }
int ftruncate64(int fd, off64_t size) noexcept { return resize_noting(fd, size); }

int fdatasync(int fd) { return sync_noting(fd, SyncCall::Fdatasync, "fdatasync"); }
int fsync(int fd) { return sync_noting(fd, SyncCall::Fsync, "fsync"); }
int syncfs(int fd) noexcept { return sync_noting(fd, SyncCall::Syncfs, "syncfs"); }

int rename(const char* from, const char* to) noexcept { return rename_noting(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_directory, const char* from, int to_directory, const char* to) noexcept {
  return rename_noting(from_directory, from, to_directory, to);
}

int unlink(const char* path) noexcept { return unlink_noting(AT_FDCWD, path, 0); }
int rmdir(const char* path) noexcept { return unlink_noting(AT_FDCWD, path, AT_REMOVEDIR); }
int unlinkat(int directory, const char* path, int flags) noexcept { return unlink_noting(directory, path, flags); }
int remove(const char* path) noexcept {
  struct stat status{};
  const bool is_directory = ::lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return unlink_noting(AT_FDCWD, path, is_directory ? AT_REMOVEDIR : 0);
}

int mkdir(const char* path, mode_t mode) noexcept { return make_directory_noting(AT_FDCWD, path, mode); }
int mkdirat(int directory, const char* path, mode_t mode) noexcept {
  return make_directory_noting(directory, path, mode);
}

// What would change files behind the recorder's back is at least noticed.

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t position) noexcept {
  static auto* const map = real<void*(void*, size_t, int, int, int, off_t)>("mmap");
  if (fd >= 0 && (flags & MAP_SHARED) != 0 && (protection & PROT_WRITE) != 0) {
    cannot_follow(fd, "mmap");
  }
  return map(address, size, protection, flags, fd, position);
}
ssize_t copy_file_range(int from, off64_t* from_position, int to, off64_t* to_position, size_t size, unsigned flags) {
  static auto* const copy = real<ssize_t(int, off64_t*, int, off64_t*, size_t, unsigned)>("copy_file_range");
  cannot_follow(to, "copy_file_range");
  return copy(from, from_position, to, to_position, size, flags);
}
int fallocate(int fd, int mode, off_t from, off_t size) {
  static auto* const allocate = real<int(int, int, off_t, off_t)>("fallocate");
  cannot_follow(fd, "fallocate");
  return allocate(fd, mode, from, size);
}

}  // extern "C"
