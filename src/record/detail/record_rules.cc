#include "record/detail/record_rules.h"

#include <fmt/format.h>

#include <utility>

#include "base/arithmetic.h"

namespace odradek::record::detail {
namespace {

// A response need not list a million broken records.
constexpr size_t errors_max = 1000;

}  // namespace

RecordRules::RecordRules(const ProduceRules& rules, const ProduceContext& context)
    : keys_required_(rules.keys_required),
      timestamps_limited_(rules.timestamp_type == TimestampType::CreateTime),
      timestamp_min_(saturating_add(context.now_ms, -rules.timestamp_before_max_ms)),
      timestamp_max_(saturating_add(context.now_ms, rules.timestamp_after_max_ms)) {}

void RecordRules::check(int32_t index, bool has_key, int64_t timestamp, TimestampType stated_type) {
  if (keys_required_ && !has_key) {
    note(index, Errc::InvalidRecord, "Compacted topic cannot accept message without key.");
    return;
  }
  if (timestamps_limited_ && timestamp != no_timestamp) {
    if (timestamp < timestamp_min_ || timestamp > timestamp_max_) {
      note(
          index, Errc::InvalidTimestamp,
          fmt::format("Timestamp {} of message with offset {} is out of range. The timestamp should be within [{}, {}]",
                      timestamp, index, timestamp_min_, timestamp_max_));
    }
  } else if (stated_type == TimestampType::LogAppendTime) {
    // Kafka minds only where it has no timestamp to judge by; elsewhere the batch gets the topic's type.
    note(index, Errc::InvalidTimestamp, "Producer should not set timestamp type to LogAppendTime.");
  }
}

void RecordRules::restart() {
  errors_.clear();
  error_count_ = 0;
  has_bad_timestamp_ = false;
}

void RecordRules::note(int32_t index, Errc code, std::string message) {
  ++error_count_;
  has_bad_timestamp_ = has_bad_timestamp_ || code == Errc::InvalidTimestamp;
  if (errors_.size() < errors_max) {
    errors_.push_back({.index = index, .message = std::move(message)});
  }
}

Result<> RecordRules::verdict() {
  if (error_count_ == 0) {
    return {};
  }
  is_judged_ = true;
  if (has_bad_timestamp_) {
    return fail(Errc::InvalidTimestamp, "One or more records have been rejected due to invalid timestamp");
  }
  return fail(Errc::InvalidRecord,
              fmt::format("One or more records have been rejected due to {} record errors in total", error_count_));
}

}  // namespace odradek::record::detail
