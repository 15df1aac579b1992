#include "storage/log_leftovers.h"

#include <algorithm>
#include <array>
#include <optional>

#include "observe/log.h"
#include "record/batch_reader.h"
#include "runtime/shard.h"
#include "storage/log_files.h"
#include "storage/log_scanner.h"

namespace odradek::storage {

namespace {

constexpr std::array segment_suffixes{log_suffix, index_suffix, time_index_suffix, aborted_index_suffix};

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

// "00000000000000000042.log" of "00000000000000000042.log.swap".
std::string_view without(std::string_view name, std::string_view suffix) {
  return name.substr(0, name.size() - suffix.size());
}

// The base offset in a segment file's name; nothing for other files.
std::optional<Offset> base_of(std::string_view name) {
  for (const std::string_view suffix : segment_suffixes) {
    if (const auto offset = offset_of(name, suffix)) {
      return offset;
    }
  }
  return std::nullopt;
}

struct SwapLog {
  Offset end;  // the offset after the last batch
  bool is_whole = false;
};

runtime::Async<SwapLog> examine(std::string directory, runtime::DirectoryEntry entry, Offset base) {
  const auto place = std::make_shared<runtime::DirectoryPath>(std::move(directory));
  CO_TRY(const auto file, co_await files().open(place, entry.name, runtime::OpenMode::Read));
  LogScanner scanner(*file, 0, entry.size, LogScanner::chunk_for_contents);
  SwapLog log{.end = base};
  for (;;) {
    const Result<std::optional<ScannedBatch>> batch = co_await scanner.next();
    if (!batch && batch.error().code != Errc::CorruptMessage) {
      co_return std::unexpected(batch.error());
    }
    if (!batch || !*batch) {
      log.is_whole = batch.has_value() && scanner.position() == entry.size;
      co_return log;
    }
    CO_TRY(const ByteView bytes, co_await scanner.bytes());
    if (!record::check_batch(bytes)) {
      co_return log;
    }
    log.end = (*batch)->header.next_offset();
  }
}

runtime::Async<> remove_files(std::string directory, const std::vector<std::string>* names) {
  for (const std::string& name : *names) {
    CO_TRY(co_await files().remove(join_path(directory, name)));
  }
  co_return {};
}

}  // namespace

runtime::Async<bool> settle_leftovers(std::string directory, const std::vector<runtime::DirectoryEntry>* entries) {
  std::vector<std::string> gone;        // no part of the log
  std::vector<std::string> unfinished;  // swaps of a replacement that was not begun
  std::vector<runtime::DirectoryEntry> swaps;
  Offset first_cleaned{INT64_MAX};
  for (const runtime::DirectoryEntry& entry : *entries) {
    if (entry.name.ends_with(swap_suffix)) {
      swaps.push_back(entry);
    } else if (entry.name.ends_with(cleaned_suffix)) {
      gone.push_back(entry.name);
      first_cleaned = std::min(first_cleaned, base_of(without(entry.name, cleaned_suffix)).value_or(first_cleaned));
    } else if (entry.name.ends_with(deleted_suffix)) {
      gone.push_back(entry.name);
    }
  }
  if (gone.empty() && swaps.empty()) {
    co_return false;
  }
  const auto is_unfinished = [&](const runtime::DirectoryEntry& swap) {
    const auto base = base_of(without(swap.name, swap_suffix));
    return !base || *base >= first_cleaned;
  };
  for (const runtime::DirectoryEntry& swap : swaps) {
    if (is_unfinished(swap)) {
      unfinished.push_back(swap.name);
    }
  }
  std::erase_if(swaps, is_unfinished);

  Offset begin{INT64_MAX};
  Offset end{-1};
  for (const runtime::DirectoryEntry& swap : swaps) {
    const std::string_view name = without(swap.name, swap_suffix);
    const auto base = offset_of(name, log_suffix);
    if (!base) {
      continue;
    }
    CO_TRY(const SwapLog log, co_await examine(directory, swap, *base));
    const bool has_original = std::ranges::find(*entries, name, &runtime::DirectoryEntry::name) != entries->end();
    if (!log.is_whole && has_original) {
      // The old segments go only after it is whole on disk, the first of them first: all of them are still there.
      observe::Logger("storage").warn("cleaning_discarded").with("directory", directory).with("file", swap.name);
      for (const runtime::DirectoryEntry& of_same : swaps) {
        unfinished.push_back(of_same.name);
      }
      swaps.clear();
      begin = Offset{INT64_MAX};
      break;
    }
    begin = std::min(begin, *base);
    end = std::max(end, log.end);
  }
  for (const runtime::DirectoryEntry& entry : *entries) {
    const auto base = base_of(entry.name);
    if (base && *base >= begin && *base < end) {
      gone.push_back(entry.name);
    }
  }
  // First, and for good: without the .cleaned files beside them they would be taken for whole.
  if (!unfinished.empty()) {
    CO_TRY(co_await remove_files(directory, &unfinished));
    CO_TRY(co_await files().sync_directory(directory));
  }
  CO_TRY(co_await remove_files(directory, &gone));
  if (!swaps.empty()) {
    // The old segments must not come back beside what replaced them.
    CO_TRY(co_await files().sync_directory(directory));
    for (const runtime::DirectoryEntry& swap : swaps) {
      CO_TRY(co_await files().rename(join_path(directory, swap.name),
                                     join_path(directory, without(swap.name, swap_suffix))));
    }
    CO_TRY(co_await files().sync_directory(directory));
    observe::Logger("storage").info("cleaning_completed").with("directory", directory).with("files", swaps.size());
  }
  co_return true;
}

}  // namespace odradek::storage
