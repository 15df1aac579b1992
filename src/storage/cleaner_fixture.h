// The verbs of tests about compaction: keys and values in, what is left of them out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "storage/log_cleaner.h"
#include "storage/log_fixture.h"

namespace odradek::storage {

// "a=1" puts, "a" deletes.
[[nodiscard]] Bytes key_batch(const std::vector<std::string>& records, const TestBatch& fields = {});

class CleanerTest : public LogTest {
 protected:
  static constexpr int64_t start_ms = 1'800'000'000'000;

  CleanerTest();

  AppendInfo put(const std::vector<std::string>& records, const TestBatch& fields = {});
  void roll();
  // Compacts as `now_ms` has it, whatever the dirty share, up to the high watermark.
  CleaningReport clean(int64_t now_ms = start_ms, CleanerOptions options = {});
  Result<CleaningReport> try_clean(int64_t now_ms = start_ms, CleanerOptions options = {});
  // "offset:key=value" of all records outside of control batches, "offset:key" of tombstones, "offset:commit" and
  // "offset:abort" of markers, "first-last:empty" of batches without records.
  std::vector<std::string> left();
  // Sizes of the log's segments, in bytes.
  std::vector<uint64_t> segment_sizes();
};

}  // namespace odradek::storage
