// What a leader does with each batch: check it; and what compression adds.

#include <benchmark/benchmark.h>

#include "record/batch_builder.h"
#include "record/batch_validator.h"

namespace odradek::bench {
namespace {

using record::Codec;

constexpr int64_t timestamp = 1'800'000'000'000;

// About 64 KiB of records of `record_bytes` letters.
Bytes batch_of(size_t record_bytes, Codec codec) {
  record::BatchBuilder builder({.codec = codec});
  Bytes value(record_bytes);
  size_t plain = 0;
  for (uint8_t letter = 0; plain < (64U << 10); plain += record_bytes) {
    for (uint8_t& byte : value) {
      letter = static_cast<uint8_t>(letter * 5 + 3);
      byte = static_cast<uint8_t>('a' + letter % 16);
    }
    builder.append({.timestamp = timestamp, .value = value});
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
  state.SetBytesProcessed(state.iterations() * (64 << 10));
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
  state.SetBytesProcessed(state.iterations() * (64 << 10));
  state.SetLabel(std::string(record::name(codec)));
}
BENCHMARK(build_batch)->DenseRange(0, 4);

}  // namespace
}  // namespace odradek::bench
