#include "runtime/real/real_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "runtime/real/errno_error.h"
#include "runtime/real/real_accepted.h"
#include "runtime/wait.h"

namespace odradek::runtime {
namespace {

constexpr size_t pieces_per_call = 64;
constexpr uint64_t range_bytes_per_turn = 1 << 20;  // a fast reader must not hold the shard
constexpr uint64_t recent_bytes = 64 << 20;         // written lately: taken to be in the page cache
constexpr uint64_t probe_distance = 128 << 10;      // about what the kernel reads ahead at once

const OpenDescriptor& descriptor_of(const Blob& blob) {
  const auto* open = dynamic_cast<const OpenDescriptor*>(blob.file().get());
  ensure(open != nullptr, "a file range comes from File::range");
  return *open;
}

bool was_written_lately(const Blob& part) {
  const uint64_t recent_end = descriptor_of(part).recent_end();
  return part.position() + recent_bytes >= recent_end && part.position() < recent_end;
}

// Whether the page cache seems to have all of it: looks at a byte now and then.
bool is_cached(const Blob& part) {
  const int fd = descriptor_of(part).fd();
  for (uint64_t offset = 0; offset < part.size(); offset += probe_distance) {
    uint8_t byte = 0;
    const iovec piece{.iov_base = &byte, .iov_len = 1};
    const ssize_t count = ::preadv2(fd, &piece, 1, static_cast<off_t>(part.position() + offset), RWF_NOWAIT);
    if (count < 0 && errno == EAGAIN) {
      return false;
    }
  }
  return true;
}

bool goes_on_after_a_range(const std::vector<Blob>& blobs) {
  return std::ranges::adjacent_find(blobs, [](const Blob& one, const Blob&) { return !one.in_memory(); }) !=
         blobs.end();
}

// What is held back goes out in full packets; the rest of it when we let go.
void hold_back(int fd, bool holds) {
  const int value = holds ? 1 : 0;
  static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &value, sizeof value));
}

std::unexpected<Error> closed_by_us() { return fail(Errc::ConnectionClosed, "closed by us"); }

}  // namespace

Async<> RealSocket::readable() {
  if (descriptor_.is_closed()) {
    co_return closed_by_us();
  }
  if (std::exchange(took_all_asked_for_, false)) {
    look_whether_used_up();
  }
  co_await descriptor_.readable();
  if (descriptor_.is_closed()) {
    co_return closed_by_us();
  }
  co_return Result<>{};
}

Async<size_t> RealSocket::read_some(MutableByteView into) {
  ensure(!into.empty(), "a read has room for a byte");
  while (!descriptor_.is_closed()) {
    const ssize_t count = ::recv(descriptor_.fd(), into.data(), into.size(), 0);
    if (count > 0) {
      moved_ += static_cast<uint64_t>(count);
      took_all_asked_for_ = static_cast<size_t>(count) == into.size();
      if (!took_all_asked_for_) {
        descriptor_.used_up(WatchedDescriptor::Direction::Read);
      }
      co_return static_cast<size_t>(count);
    }
    if (count == 0) {
      co_return fail(Errc::ConnectionClosed, "closed by the peer");
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      descriptor_.used_up(WatchedDescriptor::Direction::Read);
      co_await descriptor_.readable();
    } else if (errno != EINTR) {
      co_return errno_error(errno, "reading from a connection");
    }
  }
  co_return closed_by_us();
}

// Or its owner would take a buffer for bytes that may be long in coming.
void RealSocket::look_whether_used_up() {
  uint8_t byte = 0;
  if (::recv(descriptor_.fd(), &byte, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    descriptor_.used_up(WatchedDescriptor::Direction::Read);
  }
}

Async<> RealSocket::write(ByteChain bytes) {
  const std::vector<Blob>& blobs = bytes.blobs();
  size_t first = 0;
  uint64_t skip = 0;          // bytes of that blob already sent
  uint64_t in_this_turn = 0;  // bytes of ranges
  uint64_t cached_up_to = 0;  // bytes of the current range known to be in the page cache
  // The few bytes behind a range shall share its last packet: sendfile itself cannot say that more follows.
  const bool holds_back = goes_on_after_a_range(blobs);
  if (holds_back && !descriptor_.is_closed()) {
    hold_back(descriptor_.fd(), true);
  }
  while (first < blobs.size()) {
    if (descriptor_.is_closed()) {
      co_return closed_by_us();
    }
    const Blob& blob = blobs[first];
    uint64_t sent = 0;
    if (blob.in_memory()) {
      CO_TRY(sent, send_memory(bytes, first, skip));
    } else {
      if (in_this_turn >= range_bytes_per_turn) {
        in_this_turn = 0;
        co_await yield();
        continue;
      }
      if (skip >= cached_up_to) {
        const Blob next = blob.slice(skip, range_bytes_per_turn);
        CO_TRY(co_await bring_into_cache(next));
        cached_up_to = skip + next.size();
        continue;  // the connection may have been closed meanwhile
      }
      CO_TRY(sent, send_range(blob, skip, cached_up_to - skip));
      in_this_turn += sent;
    }
    if (sent == 0) {
      in_this_turn = 0;
      descriptor_.used_up(WatchedDescriptor::Direction::Write);
      co_await descriptor_.writable();
      continue;
    }
    moved_ += sent;
    skip += sent;
    while (first < blobs.size() && skip >= blobs[first].size()) {
      skip -= blobs[first].size();
      ++first;
      cached_up_to = 0;
    }
  }
  if (holds_back) {
    hold_back(descriptor_.fd(), false);
  }
  co_return Result<>{};
}

std::unique_ptr<Accepted> RealSocket::release() {
  const int fd = descriptor_.release();
  return fd < 0 ? nullptr : std::make_unique<RealAccepted>(fd, local_, peer_);
}

Result<uint64_t> RealSocket::send_memory(const ByteChain& bytes, size_t first, uint64_t skip) {
  const std::vector<Blob>& blobs = bytes.blobs();
  std::array<iovec, pieces_per_call> vectors;
  size_t count = 0;
  while (count < vectors.size() && first + count < blobs.size() && blobs[first + count].in_memory()) {
    const ByteView view = blobs[first + count].view().subspan(count == 0 ? skip : 0);
    vectors[count] = {.iov_base = const_cast<uint8_t*>(view.data()), .iov_len = view.size()};
    ++count;
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  // What follows shall share a packet with this.
  const int more = first + count < blobs.size() ? MSG_MORE : 0;
  for (;;) {
    // One piece goes the cheaper way.
    const ssize_t sent = count == 1
                             ? ::send(descriptor_.fd(), vectors[0].iov_base, vectors[0].iov_len, MSG_NOSIGNAL | more)
                             : ::sendmsg(descriptor_.fd(), &message, MSG_NOSIGNAL | more);
    if (sent >= 0) {
      return static_cast<uint64_t>(sent);
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return 0;
    }
    if (errno != EINTR) {
      return errno_error(errno, "writing to a connection");
    }
  }
}

Result<uint64_t> RealSocket::send_range(const Blob& blob, uint64_t skip, uint64_t most) {
  for (;;) {
    auto position = static_cast<off_t>(blob.position() + skip);
    const ssize_t sent =
        ::sendfile(descriptor_.fd(), descriptor_of(blob).fd(), &position, std::min(blob.size() - skip, most));
    if (sent > 0) {
      return static_cast<uint64_t>(sent);
    }
    if (sent == 0) {
      return fail(Errc::Io, "the file is shorter than the range sent from it");
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return 0;
    }
    if (errno != EINTR) {
      return errno_error(errno, "sending a file to a connection");
    }
  }
}

Async<> RealSocket::bring_into_cache(Blob part) {
  if (was_written_lately(part) || is_cached(part)) {
    co_return Result<>{};
  }
  co_return co_await threads_.run([&part]() -> Result<> {
    Bytes scratch(probe_distance);
    for (uint64_t offset = 0; offset < part.size(); offset += scratch.size()) {
      const size_t size = std::min<uint64_t>(scratch.size(), part.size() - offset);
      TRY(descriptor_of(part).read(part.position() + offset, MutableByteView(scratch).first(size)));
    }
    return {};
  });
}

}  // namespace odradek::runtime
