#include "runtime/real/real_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "runtime/real/errno_error.h"

namespace odradek::runtime {
namespace {

constexpr size_t pieces_per_call = 64;

// Reads what the page cache has; nullopt when the disk would have to be asked.
std::optional<Result<size_t>> read_cached(const OpenDescriptor& from, uint64_t position, MutableByteView into) {
  size_t filled = 0;
  while (filled < into.size()) {
    const iovec piece{.iov_base = into.data() + filled, .iov_len = into.size() - filled};
    const ssize_t count = ::preadv2(from.fd(), &piece, 1, static_cast<off_t>(position + filled), RWF_NOWAIT);
    if (count > 0) {
      filled += static_cast<size_t>(count);
    } else if (count == 0) {
      break;
    } else if (errno == EAGAIN) {
      return std::nullopt;
    } else if (errno != EINTR) {
      // A file system that cannot tell, or trouble: a plain read answers for both.
      auto rest = from.read(position + filled, into.subspan(filled));
      return rest ? Result<size_t>(filled + *rest) : std::move(rest);
    }
  }
  return filled;
}

}  // namespace

// The blocks of a file that has been removed are freed when its last descriptor is closed.
RealFile::~RealFile() {
  Held held = slot_.use();
  slot_.drop();
  struct stat status{};
  if (held && ::fstat(held->fd(), &status) == 0 && status.st_nlink == 0 && status.st_size > large_file_bytes) {
    threads_.submit([last = std::move(held)] {});  // closes it there
  }
}

int RealFile::access_flags() const { return may_write_ ? O_RDWR : O_RDONLY; }

Result<> RealFile::open_first(int create_flags) {
  TRY(Held held, descriptors_.open(path(), access_flags() | create_flags));
  struct stat status{};
  if (::fstat(held->fd(), &status) != 0) {
    return errno_error(errno, path());
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(Errc::Io, path() + ": not a file");
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
  slot_.fill(std::move(held));
  return {};
}

Result<RealFile::Held> RealFile::hold() {
  if (Held held = slot_.use()) {
    return held;
  }
  TRY(Held held, descriptors_.open(path(), access_flags()));
  struct stat status{};
  if (::fstat(held->fd(), &status) != 0) {
    return errno_error(errno, path());
  }
  if (status.st_dev != device_ || status.st_ino != inode_) {
    return fail(Errc::NotFound, path() + ": another file has this name now");
  }
  held->wrote_up_to(recent_end_);
  slot_.fill(held);
  return held;
}

Async<size_t> RealFile::read(uint64_t position, MutableByteView into) {
  CO_TRY(const Held held, hold());
  if (auto cached = read_cached(*held, position, into)) {
    co_return *std::move(cached);
  }
  co_return co_await threads_.run([held, position, into] { return held->read(position, into); });
}

Async<> RealFile::write(uint64_t position, std::vector<ByteView> pieces) {
  ensure(may_write_, "the file is open for reading only");
  CO_TRY(const Held held, hold());
  co_return write_now(*held, position, pieces);
}

Result<> RealFile::write_now(const OpenDescriptor& to, uint64_t position, const std::vector<ByteView>& pieces) {
  size_t piece = 0;
  size_t skip = 0;  // bytes of that piece already written
  while (piece < pieces.size()) {
    std::array<iovec, pieces_per_call> vectors;
    const size_t count = std::min(pieces.size() - piece, vectors.size());
    for (size_t i = 0; i < count; ++i) {
      const ByteView rest = i == 0 ? pieces[piece].subspan(skip) : pieces[piece + i];
      vectors[i] = {.iov_base = const_cast<uint8_t*>(rest.data()), .iov_len = rest.size()};
    }
    const ssize_t written = ::pwritev(to.fd(), vectors.data(), static_cast<int>(count), static_cast<off_t>(position));
    if (written < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno_error(errno, path());
    }
    position += static_cast<uint64_t>(written);
    skip += static_cast<size_t>(written);
    while (piece < pieces.size() && skip >= pieces[piece].size()) {
      skip -= pieces[piece].size();
      ++piece;
    }
  }
  recent_end_ = position;
  to.wrote_up_to(position);
  return {};
}

Async<> RealFile::truncate(uint64_t size) {
  ensure(may_write_, "the file is open for reading only");
  CO_TRY(const Held held, hold());
  if (::ftruncate(held->fd(), static_cast<off_t>(size)) != 0) {
    co_return errno_error(errno, path());
  }
  co_return Result<>{};
}

Async<> RealFile::sync() {
  CO_TRY(const Held held, hold());
  const int code = co_await threads_.run([held] { return ::fdatasync(held->fd()) == 0 ? 0 : errno; });
  if (code != 0) {
    co_return errno_error(code, path());
  }
  co_return Result<>{};
}

Async<uint64_t> RealFile::size() {
  CO_TRY(const Held held, hold());
  struct stat status{};
  if (::fstat(held->fd(), &status) != 0) {
    co_return errno_error(errno, path());
  }
  co_return static_cast<uint64_t>(status.st_size);
}

Async<> RealFile::rename(std::string name) {
  const std::string to = directory_->text() + "/" + name;
  if (::rename(path().c_str(), to.c_str()) != 0) {
    co_return errno_error(errno, path());
  }
  name_ = std::move(name);
  co_return Result<>{};
}

Async<Blob> RealFile::range(uint64_t position, uint64_t size) {
  CO_TRY(Held held, hold());
  co_return Blob(std::move(held), position, size);
}

}  // namespace odradek::runtime
