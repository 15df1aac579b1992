#include "cli/file_codec.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "cli/batch_codec.h"
#include "cli/codec_line.h"
#include "cli/file_contents.h"
#include "controller/metadata_snapshot.h"
#include "protocol/byte_text.h"
#include "storage/log_files.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

using Read = Result<FileContents> (*)(std::string_view name, ByteView bytes);

struct FileKind {
  std::string_view end;  // of the name, or all of it
  Read read;
};

constexpr std::array kinds{
    FileKind{storage::index_suffix, &read_offset_index},
    FileKind{storage::time_index_suffix, &read_time_index},
    FileKind{storage::aborted_index_suffix, &read_aborted_index},
    FileKind{storage::snapshot_suffix, &read_producer_snapshot},
    FileKind{storage::epochs_file, &read_epoch_checkpoint},
    FileKind{storage::recovery_points_file, &read_offset_checkpoint},
    FileKind{storage::start_offsets_file, &read_offset_checkpoint},
    FileKind{storage::high_watermarks_file, &read_offset_checkpoint},
    FileKind{storage::cleaner_offsets_file, &read_offset_checkpoint},
    FileKind{storage::partition_metadata_file, &read_partition_metadata},
    FileKind{storage::clean_shutdown_file, &read_clean_shutdown},
    FileKind{storage::meta_properties_file, &read_meta_properties},
    FileKind{"quorum-state", &read_quorum_state},
};

constexpr std::string_view metadata_snapshot_suffix = ".checkpoint";

// A path in a log directory: "orders-0/00000000000000000000.log".
struct FilePath {
  std::string_view folder;  // the innermost
  std::string_view name;
};

// A file that waits to be deleted, or for a cleaner to end, is still what it was.
std::string_view without_state(std::string_view name) {
  for (const std::string_view state : {storage::deleted_suffix, storage::cleaned_suffix, storage::swap_suffix}) {
    if (name.ends_with(state)) {
      return name.substr(0, name.size() - state.size());
    }
  }
  return name;
}

FilePath split(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) {
    return {.folder = {}, .name = path};
  }
  const std::string_view folders = path.substr(0, slash);
  const size_t above = folders.rfind('/');
  return {.folder = above == std::string_view::npos ? folders : folders.substr(above + 1),
          .name = path.substr(slash + 1)};
}

json::object answer_to_log(const FilePath& path, ByteView bytes) {
  const bool is_metadata = path.folder == storage::metadata_log_directory;
  return answer_to_batches(bytes, is_metadata ? RecordMeaning::Metadata : RecordMeaning::Opaque);
}

Result<json::object> answer_to_metadata_snapshot(std::string_view name, ByteView bytes) {
  json::object json;
  if (const auto id = controller::SnapshotId::parse(name)) {
    json = {{"endOffset", id->end.raw()}, {"epoch", id->epoch.raw()}};
  }
  json::object answer = answer_to_batches(bytes, RecordMeaning::Metadata, std::move(json));
  // Whole batches are not a whole snapshot: it has a header and a footer.
  if (!answer.contains("error")) {
    TRY(controller::MetadataSnapshot::decode(bytes));
  }
  return answer;
}

}  // namespace

Result<json::object> decode_file(const json::object& line) {
  TRY(const std::string_view text, text_of(line, "file"));
  TRY(const Bytes bytes, bytes_of(line));
  const FilePath path = split(without_state(text));
  if (path.name.ends_with(storage::log_suffix)) {
    return answer_to_log(path, bytes);
  }
  if (path.name.ends_with(metadata_snapshot_suffix)) {
    return answer_to_metadata_snapshot(path.name, bytes);
  }
  for (const FileKind& kind : kinds) {
    if (path.name.ends_with(kind.end)) {
      TRY(FileContents contents, kind.read(path.name, bytes));
      return json::object{
          {"bytes", protocol::hex(contents.bytes)}, {"bytesLeft", contents.left}, {"json", std::move(contents.json)}};
    }
  }
  return fail(Errc::InvalidRequest, fmt::format("no file of a log directory is called {}", path.name));
}

}  // namespace odradek::cli
