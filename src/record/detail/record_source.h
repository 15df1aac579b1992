// Where RecordReader gets its records: one kind of entry each.
#pragma once

#include <memory>

#include "base/result.h"
#include "record/batch_reader.h"

namespace odradek::record::detail {

class RecordSource {
 public:
  virtual ~RecordSource() = default;

  // As RecordReader::next(); `record` is filled at ReadStep::Record. Not called again after an error.
  [[nodiscard]] virtual Result<ReadStep> next(RecordView& record) = 0;
};

[[nodiscard]] std::unique_ptr<RecordSource> make_v2_source(ByteView entry, const BatchHeader& header, Codec codec,
                                                           const RecordReaderOptions& options);

// `header` is of format v0 or v1.
[[nodiscard]] std::unique_ptr<RecordSource> make_legacy_source(ByteView entry, const BatchHeader& header, Codec codec,
                                                               const RecordReaderOptions& options);

}  // namespace odradek::record::detail
