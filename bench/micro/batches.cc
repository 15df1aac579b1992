// What a leader does with each batch: check it; and what compression adds.

#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "record/batch_builder.h"
#include "record/batch_validator.h"

namespace odradek::bench {
namespace {

using record::Codec;

constexpr int64_t timestamp = 1'800'000'000'000;

constexpr size_t batch_bytes = size_t{64} << 10;

// 64 KiB of random letters, 16 of them: a codec finds something to do.
const Bytes& letters() {
  static const Bytes bytes = [] {
    std::mt19937_64 random(1);
    Bytes made(batch_bytes);
    for (uint8_t& byte : made) {
      byte = static_cast<uint8_t>('a' + random() % 16);
    }
    return made;
  }();
  return bytes;
}

Bytes batch_of(size_t record_bytes, Codec codec) {
  record::BatchBuilder builder({.codec = codec});
  for (size_t at = 0; at + record_bytes <= batch_bytes; at += record_bytes) {
    builder.append({.timestamp = timestamp, .value = ByteView(letters()).subspan(at, record_bytes)});
  }
  return builder.finish();
}

void validate_batch(benchmark::State& state) {
  const auto codec = static_cast<Codec>(state.range(1));
  const Blob batch(batch_of(static_cast<size_t>(state.range(0)), codec));
  const record::ProduceRules rules;
  const record::ProduceContext context{.now_ms = timestamp};
  for (auto _ : state) {
    record::BatchValidator validator(batch, rules, context);
    while (!validator.step()) {
    }
    if (validator.error()) {
      state.SkipWithError("the batch is refused");
      break;
    }
    auto taken = validator.take();
    benchmark::DoNotOptimize(taken);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch_bytes));
  state.SetLabel(std::string(record::name(codec)));
}
BENCHMARK(validate_batch)
    ->ArgNames({"record", "codec"})
    ->ArgsProduct({{100, 1024}, {static_cast<int64_t>(Codec::None)}})
    ->ArgsProduct({{1024},
                   {static_cast<int64_t>(Codec::Gzip), static_cast<int64_t>(Codec::Snappy),
                    static_cast<int64_t>(Codec::Lz4), static_cast<int64_t>(Codec::Zstd)}});

void build_batch(benchmark::State& state) {
  const auto codec = static_cast<Codec>(state.range(0));
  for (auto _ : state) {
    auto batch = batch_of(1024, codec);
    benchmark::DoNotOptimize(batch);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch_bytes));
  state.SetLabel(std::string(record::name(codec)));
}
BENCHMARK(build_batch)->DenseRange(0, 4);

}  // namespace
}  // namespace odradek::bench
