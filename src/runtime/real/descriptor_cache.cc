#include "runtime/real/descriptor_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <iterator>
#include <utility>

#include "runtime/real/errno_error.h"

namespace odradek::runtime {
namespace {

constexpr size_t evicted_when_out = 64;
constexpr size_t looked_at_when_full = 16;  // of those used least lately, for one that nobody holds

}  // namespace

OpenDescriptor::~OpenDescriptor() { ::close(fd_); }

Result<size_t> OpenDescriptor::read(uint64_t position, MutableByteView into) const {
  size_t filled = 0;
  while (filled < into.size()) {
    const ssize_t count =
        ::pread(fd_, into.data() + filled, into.size() - filled, static_cast<off_t>(position + filled));
    if (count < 0) {
      if (errno == EINTR) {
        continue;
      }
      return errno_error(errno, "reading a file");
    }
    if (count == 0) {
      break;
    }
    filled += static_cast<size_t>(count);
  }
  return filled;
}

std::shared_ptr<const OpenDescriptor> DescriptorCache::Slot::use() {
  if (descriptor_ && place_ != cache_.by_age_.begin()) {
    cache_.by_age_.splice(cache_.by_age_.begin(), cache_.by_age_, place_);
  }
  return descriptor_;
}

void DescriptorCache::Slot::fill(std::shared_ptr<const OpenDescriptor> descriptor) {
  drop();
  descriptor_ = std::move(descriptor);
  place_ = cache_.by_age_.insert(cache_.by_age_.begin(), this);
  if (cache_.by_age_.size() > cache_.cap_) {
    cache_.evict(1);
  }
}

void DescriptorCache::Slot::drop() {
  if (descriptor_) {
    cache_.by_age_.erase(place_);
    descriptor_.reset();
  }
}

Result<std::shared_ptr<const OpenDescriptor>> DescriptorCache::open(const std::string& path, int flags) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
    if (fd >= 0) {
      return std::make_shared<const OpenDescriptor>(fd);
    }
    const int code = errno;
    if (code != EINTR && !makes_room_after(code)) {
      return errno_error(code, path);
    }
  }
}

bool DescriptorCache::makes_room_after(int code) {
  return (code == EMFILE || code == ENFILE) && evict(evicted_when_out) > 0;
}

size_t DescriptorCache::evict(size_t count) {
  size_t closed = 0;
  size_t looked_at = 0;
  auto place = by_age_.end();
  // The one at the front was asked for just now.
  while (place != by_age_.begin() && closed < count && looked_at < count * looked_at_when_full) {
    --place;
    if (place == by_age_.begin() && count == 1) {
      break;
    }
    ++looked_at;
    Slot& slot = **place;
    if (slot.descriptor_.use_count() == 1) {
      slot.descriptor_.reset();
      place = by_age_.erase(place);
      ++closed;
    }
  }
  return closed;
}

}  // namespace odradek::runtime
