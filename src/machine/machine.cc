#include "machine/machine.h"

namespace odradek::machine::detail {

std::vector<LogRecordView> views(const std::vector<LogRecord>& records) {
  std::vector<LogRecordView> result;
  result.reserve(records.size());
  for (const LogRecord& record : records) {
    result.push_back({.key = record.key, .value = record.value});
  }
  return result;
}

}  // namespace odradek::machine::detail
