// What every byte produced and every number in a record cost.

#include <array>
#include <random>

#include <benchmark/benchmark.h>

#include "base/crc32c.h"
#include "base/varint.h"

namespace odradek::bench {
namespace {

Bytes random_bytes(size_t size) {
  std::mt19937_64 random(1);
  Bytes bytes(size);
  for (uint8_t& byte : bytes) {
    byte = static_cast<uint8_t>(random());
  }
  return bytes;
}

void crc32c_of(benchmark::State& state) {
  const Bytes bytes = random_bytes(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(crc32c(bytes));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc32c_of)->Arg(128)->Arg(64 << 10);

void crc32_of(benchmark::State& state) {
  const Bytes bytes = random_bytes(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(crc32(bytes));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(crc32_of)->Arg(64 << 10);

// 1024 numbers that take `range` bytes each.
void read_varints(benchmark::State& state) {
  constexpr int64_t count = 1024;
  const auto value = static_cast<int32_t>(1U << (7 * state.range(0) - 2));
  Bytes bytes(varint32_size_max * count);
  size_t end = 0;
  for (int64_t i = 0; i < count; ++i) {
    end += write_varint(bytes.data() + end, value);
  }
  for (auto _ : state) {
    ByteView left(bytes.data(), end);
    int64_t sum = 0;
    while (!left.empty()) {
      int32_t read = 0;
      left = left.subspan(read_varint(left, read));
      sum += read;
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * count);
}
BENCHMARK(read_varints)->Arg(1)->Arg(2)->Arg(4);

void write_varints(benchmark::State& state) {
  std::array<uint8_t, varint32_size_max> out{};
  auto value = static_cast<int32_t>(1U << (7 * state.range(0) - 2));
  for (auto _ : state) {
    benchmark::DoNotOptimize(value);
    benchmark::DoNotOptimize(write_varint(out.data(), value));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(write_varints)->Arg(1)->Arg(2)->Arg(4);

}  // namespace
}  // namespace odradek::bench
