#include "fuzz/harness.h"

#include <atomic>

#include "base/crc32c.h"
#include "record/batch_header.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#define ODRADEK_WATCHES_ALLOCATIONS
#endif
#endif

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  odradek::fuzz::test_one_input({data, size});
  return 0;
}

namespace odradek::fuzz {

namespace {

// How far the entry at the front of `log` reaches; its length is set right if it does not fit.
size_t entry_size(MutableByteView log) {
  const auto length = load_big_endian<int32_t>(log.data() + record::length_at);
  const size_t rest = log.size() - record::log_overhead;
  if (length >= static_cast<int32_t>(record::entry_size_min - record::log_overhead) &&
      static_cast<size_t>(length) <= rest) {
    return static_cast<size_t>(length) + record::log_overhead;
  }
  store_big_endian(log.data() + record::length_at, static_cast<int32_t>(rest));
  return log.size();
}

}  // namespace

void mend_batches(MutableByteView log) {
  while (log.size() >= record::entry_size_min) {
    const MutableByteView entry = log.first(entry_size(log));
    if (entry[record::magic_at] >= 2 && entry.size() >= record::batch_header_size) {
      store_big_endian(entry.data() + record::crc_at, crc32c(entry.subspan(record::attributes_at)));
    } else {
      store_big_endian(entry.data() + record::log_overhead, crc32(entry.subspan(record::magic_at)));
    }
    log = log.subspan(entry.size());
  }
}

#ifdef ODRADEK_WATCHES_ALLOCATIONS

namespace {

std::atomic<bool> is_watching{false};
std::atomic<int64_t> held{0};
std::atomic<int64_t> most_held{0};

void on_allocation(const volatile void* /*memory*/, size_t size) {
  if (is_watching) {
    const int64_t now = held += static_cast<int64_t>(size);
    most_held = std::max(most_held.load(), now);
  }
}

void on_release(const volatile void* memory) {
  if (is_watching && memory != nullptr) {
    held -= static_cast<int64_t>(__sanitizer_get_allocated_size(memory));
  }
}

}  // namespace

MemoryMeter::MemoryMeter() {
  [[maybe_unused]] static const int installed = __sanitizer_install_malloc_and_free_hooks(&on_allocation, &on_release);
  held = 0;
  most_held = 0;
  is_watching = true;
}
MemoryMeter::~MemoryMeter() { is_watching = false; }
size_t MemoryMeter::peak() const { return static_cast<size_t>(most_held.load()); }

#else

MemoryMeter::MemoryMeter() = default;
MemoryMeter::~MemoryMeter() = default;
size_t MemoryMeter::peak() const { return 0; }

#endif

}  // namespace odradek::fuzz
