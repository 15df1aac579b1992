#include "record/batch_validator.h"

#include <utility>

#include "record/detail/batch_check.h"

namespace odradek::record {

void ValidatedBatch::place_at(Offset base_offset, LeaderEpoch leader_epoch) {
  place(header, base_offset, leader_epoch);
  const Result<BatchHeader> parsed = parse_batch_header(header);
  ensure(parsed.has_value(), "a validated batch has a whole header");
  fields = *parsed;
}

ByteChain ValidatedBatch::bytes() const {
  ByteChain chain;
  chain.append(Blob(Bytes(header.begin(), header.end())));
  chain.append(records);
  return chain;
}

BatchValidator::BatchValidator(Blob records, const ProduceRules& rules, const ProduceContext& context)
    : check_(std::make_unique<detail::BatchCheck>(std::move(records), rules, context)) {}

BatchValidator::~BatchValidator() = default;
BatchValidator::BatchValidator(BatchValidator&&) noexcept = default;
BatchValidator& BatchValidator::operator=(BatchValidator&&) noexcept = default;

bool BatchValidator::step(size_t budget) {
  if (check_ == nullptr) {
    return true;
  }
  const Result<bool> is_done = check_->step(budget);
  if (is_done && !*is_done) {
    return false;
  }
  if (is_done) {
    batch_ = check_->take_batch();
  } else {
    error_ = is_done.error();
    record_errors_ = check_->take_record_errors();
  }
  check_.reset();
  return true;
}

ValidatedBatch BatchValidator::take() {
  ensure(batch_.has_value(), "only a batch that was found good can be taken");
  ValidatedBatch batch = *std::move(batch_);
  batch_.reset();
  return batch;
}

}  // namespace odradek::record
