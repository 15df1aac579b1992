// The names of files and directories in a log directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/uuid.h"
#include "model/ids.h"

namespace odradek::storage {

inline constexpr std::string_view log_suffix = ".log";
inline constexpr std::string_view index_suffix = ".index";
inline constexpr std::string_view time_index_suffix = ".timeindex";
inline constexpr std::string_view aborted_index_suffix = ".txnindex";
inline constexpr std::string_view snapshot_suffix = ".snapshot";
inline constexpr std::string_view deleted_suffix = ".deleted";  // after one of those: renamed, soon to be removed
inline constexpr std::string_view cleaned_suffix = ".cleaned";  // a cleaner's output, not finished
inline constexpr std::string_view swap_suffix = ".swap";        // a cleaner's output, about to replace segments

inline constexpr std::string_view epochs_file = "leader-epoch-checkpoint";
inline constexpr std::string_view partition_metadata_file = "partition.metadata";
inline constexpr std::string_view compaction_file = ".odradek-compaction";
inline constexpr std::string_view recovery_points_file = "recovery-point-offset-checkpoint";
inline constexpr std::string_view start_offsets_file = "log-start-offset-checkpoint";
inline constexpr std::string_view high_watermarks_file = "replication-offset-checkpoint";
inline constexpr std::string_view cleaner_offsets_file = "cleaner-offset-checkpoint";
inline constexpr std::string_view meta_properties_file = "meta.properties";
inline constexpr std::string_view clean_shutdown_file = ".kafka_cleanshutdown";
inline constexpr std::string_view lock_file = ".lock";
inline constexpr std::string_view metadata_log_directory = "__cluster_metadata-0";
inline constexpr std::string_view remote_index_directory = "remote-log-index-cache";

inline constexpr std::string_view deleted_directory = "delete";  // as ends of a directory's name, after a dash
inline constexpr std::string_view stray_directory = "stray";
inline constexpr std::string_view future_directory = "future";

// "00000000000000000042.log"
[[nodiscard]] std::string file_name(Offset base, std::string_view suffix);
// The offset in a name of 20 digits and `suffix`; nothing for any other name.
[[nodiscard]] std::optional<Offset> offset_of(std::string_view name, std::string_view suffix);

// "topic-3"
[[nodiscard]] std::string directory_name(const TopicPartition& partition);
// "topic-3.<32 hex digits>-delete", the topic cut short where the name would exceed 255 bytes.
[[nodiscard]] std::string retired_name(const TopicPartition& partition, const Uuid& unique, std::string_view end);
// Whether `name` is such a name with this end.
[[nodiscard]] bool is_retired_name(std::string_view name, std::string_view end);
// The topic before the last dash, the partition after it; nothing if it is no such name.
[[nodiscard]] std::optional<TopicPartition> parse_directory_name(std::string_view name);

// "version: 0\ntopic_id: <22 characters>", as partition.metadata has it.
[[nodiscard]] std::string partition_metadata_text(TopicId topic);
[[nodiscard]] Result<TopicId> parse_partition_metadata(std::string_view text);

// "version: 0\nend_offset: 42", as .odradek-compaction has it.
[[nodiscard]] std::string compaction_text(Offset end);
[[nodiscard]] std::optional<Offset> parse_compaction(std::string_view text);

// {"version":0,"brokerEpoch":n}, as .kafka_cleanshutdown has it.
[[nodiscard]] std::string clean_shutdown_text(BrokerEpoch epoch);
// Nothing where the marker carries no epoch (it was empty before Kafka 3.7).
[[nodiscard]] std::optional<BrokerEpoch> parse_clean_shutdown(std::string_view text);

[[nodiscard]] inline std::string join_path(std::string_view directory, std::string_view name) {
  return std::string(directory) + "/" + std::string(name);
}

}  // namespace odradek::storage
