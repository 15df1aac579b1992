// The rules of a topic that hold for every single record.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "record/batch_validator.h"

namespace odradek::record::detail {

class RecordRules {
 public:
  RecordRules(const ProduceRules& rules, const ProduceContext& context);

  // Notes what is wrong with the record at `index` of the request, if anything. `stated_type` is its batch's.
  void check(int32_t index, bool has_key, int64_t timestamp, TimestampType stated_type);

  // Forgets what was noted.
  void restart();

  // Errc::InvalidTimestamp or Errc::InvalidRecord if anything was noted. One bad timestamp makes it the former,
  // whatever else is wrong, as in Kafka.
  [[nodiscard]] Result<> verdict();

  // What was noted, if verdict() failed.
  [[nodiscard]] std::vector<RecordError> take_errors() {
    return is_judged_ ? std::move(errors_) : std::vector<RecordError>();
  }

 private:
  void note(int32_t index, Errc code, std::string message);

  bool keys_required_;
  bool timestamps_limited_;
  int64_t timestamp_min_;
  int64_t timestamp_max_;
  std::vector<RecordError> errors_;
  int64_t error_count_ = 0;
  bool has_bad_timestamp_ = false;
  bool is_judged_ = false;
};

}  // namespace odradek::record::detail
