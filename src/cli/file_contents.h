// One reader for each kind of file in a log directory.
#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include "base/bytes.h"
#include "base/result.h"

namespace odradek::cli {

struct FileContents {
  Bytes bytes;      // encoded again
  size_t left = 0;  // bytes behind them
  boost::json::object json;
};

// `name` is the file's, without folders: the first offset of a segment is in it. Errc::InvalidRequest if it is not; for
// the contents, the errors of storage's and controller's parsers.
[[nodiscard]] Result<FileContents> read_offset_index(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_time_index(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_aborted_index(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_producer_snapshot(std::string_view name, ByteView bytes);

[[nodiscard]] Result<FileContents> read_epoch_checkpoint(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_offset_checkpoint(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_partition_metadata(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_clean_shutdown(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_meta_properties(std::string_view name, ByteView bytes);
[[nodiscard]] Result<FileContents> read_quorum_state(std::string_view name, ByteView bytes);

}  // namespace odradek::cli
