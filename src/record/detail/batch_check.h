// The work behind BatchValidator: one request's batches for one partition, taken a slice at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "record/batch_builder.h"
#include "record/batch_reader.h"
#include "record/batch_validator.h"
#include "record/detail/record_rules.h"
#include "record/detail/record_skimmer.h"

namespace odradek::record::detail {

// First the headers. Then the records of a v2 batch that may stay as it is are skimmed; those of any other batch are
// read and written anew. A compressed batch whose offsets have gaps turns out to need the latter on the way.
class BatchCheck {
 public:
  BatchCheck(Blob records, const ProduceRules& rules, const ProduceContext& context);

  // As BatchValidator::step(); Result's error ends the work.
  [[nodiscard]] Result<bool> step(size_t budget);

  [[nodiscard]] std::vector<RecordError> take_record_errors() { return rules_of_records_.take_errors(); }
  [[nodiscard]] ValidatedBatch take_batch() { return std::move(batch_); }

 private:
  enum class Phase : uint8_t { Headers, Skim, Rewrite, Done };

  // Few batches are written anew: what that takes is not carried by those that stay as they are, one of which may be
  // a single record.
  struct Rewriting {
    BatchScanner scanner;
    BatchBuilder builder;
    std::optional<BatchEntry> entry{};
    std::optional<RecordReader> reader{};
  };

  [[nodiscard]] Result<> open();
  [[nodiscard]] Result<> check_request(const BatchEntry& entry, bool is_only) const;
  [[nodiscard]] Result<> check_v2_header(const BatchHeader& header) const;
  [[nodiscard]] Result<> check_entry(const BatchEntry& entry) const;

  void begin_skim();
  [[nodiscard]] Result<> skim(size_t budget);
  [[nodiscard]] Result<ByteView> next_plain(size_t budget);
  [[nodiscard]] Result<> skim_record(const SkimmedRecord& record);
  [[nodiscard]] Result<> finish_skim();

  void begin_rewrite();
  [[nodiscard]] Result<> rewrite(size_t budget);
  [[nodiscard]] Result<bool> next_entry();
  [[nodiscard]] Result<> rewrite_record(const RecordView& record);
  [[nodiscard]] Result<> finish_rewrite();

  [[nodiscard]] size_t record_size_max() const { return size_t{100} * rules_.batch_size_max; }

  Blob input_;
  ProduceRules rules_;
  ProduceContext context_;
  RecordRules rules_of_records_;
  Phase phase_ = Phase::Headers;
  BatchEntry first_;  // the first entry; the only one, unless plain entries of an old format
  Codec target_ = Codec::None;
  ValidatedBatch batch_;
  int32_t count_ = 0;  // records so far
  int64_t max_timestamp_ = no_timestamp;
  int32_t max_timestamp_index_ = 0;

  // While skimming.
  std::optional<RecordSkimmer> skimmer_;
  std::unique_ptr<Decompressor> decompressor_;  // none for plain records
  Bytes window_;                                // what it gave last
  ByteView plain_left_;                         // of plain records

  std::unique_ptr<Rewriting> rewriting_;
};

}  // namespace odradek::record::detail
