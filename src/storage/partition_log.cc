#include "storage/partition_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "runtime/shard.h"
#include "storage/log_files.h"
#include "storage/log_loader.h"
#include "storage/segment.h"

namespace odradek::storage {

namespace {

runtime::FileSystem& files() { return runtime::Shard::current().files(); }

runtime::Async<> write_metadata(runtime::Directory directory, TopicId topic) {
  CO_TRY(const auto metadata, co_await files().open(std::move(directory), std::string(partition_metadata_file),
                                                    runtime::OpenMode::CreateNew));
  const std::string text = partition_metadata_text(topic);
  co_return co_await metadata->write(0, {as_bytes(text)});
}

}  // namespace

PartitionLog::PartitionLog(LogPlace place, LogOptions options)
    : partition_(std::move(place.partition)),
      options_(std::move(options)),
      directory_(std::make_shared<runtime::DirectoryPath>(std::move(place.directory))),
      first_dirty_(place.first_dirty) {}

PartitionLog::~PartitionLog() = default;

runtime::Async<std::unique_ptr<PartitionLog>> PartitionLog::create(LogPlace place, TopicId topic, LogOptions options,
                                                                   Offset start) {
  CO_TRY(co_await files().create_directories(place.directory));
  auto log = std::unique_ptr<PartitionLog>(new PartitionLog(std::move(place), std::move(options)));
  log->topic_id_ = topic;
  log->is_new_ = true;
  log->names_changed();
  log->start_offset_ = log->end_offset_ = log->flushed_offset_ = log->recovery_point_ = start;
  // Neither synced nor replaced at once: before the first flush there are no records that it could lose.
  CO_TRY(co_await write_metadata(log->directory_, topic));
  auto first = std::make_shared<Segment>(log->directory_, start, SegmentFiles{}, runtime::Shard::current().wall_now());
  // The first append makes the file; a log that begins elsewhere says so by the name of its empty segment.
  if (start > Offset{0}) {
    CO_TRY(co_await first->create());
  } else {
    first->begin();
  }
  log->segments_.emplace(start, std::move(first));
  co_return log;
}

runtime::Async<std::unique_ptr<PartitionLog>> PartitionLog::open(LogPlace place, LogOptions options) {
  auto log = std::unique_ptr<PartitionLog>(new PartitionLog(place, std::move(options)));
  LogLoader loader(*log, place);
  CO_TRY(co_await loader.load());
  co_return log;
}

uint64_t PartitionLog::size_bytes() const {
  uint64_t size = 0;
  for (const auto& [base, segment] : segments_) {
    size += segment->size();
  }
  return size;
}

// Not written to disk until the epoch has a record: until then nothing would be lost with it.
void PartitionLog::begin_epoch(LeaderEpoch epoch) {
  if (is_writing_) {
    epoch_after_write_ = std::max(epoch_after_write_, epoch);
  } else {
    epochs_.assign(epoch, end_offset_);
  }
}

PartitionLog::WriteUnderWay::~WriteUnderWay() {
  log_.is_writing_ = false;
  log_.begin_epoch(std::exchange(log_.epoch_after_write_, no_leader_epoch));
}

runtime::Async<std::string> PartitionLog::retire(std::string suffix) {
  const auto turn = co_await change_turn_.acquire();
  const std::string name = retired_name(partition_, runtime::Shard::current().random().uuid(), suffix);
  const std::string from = directory();
  const std::string to = join_path(from.substr(0, from.rfind('/')), name);
  CO_TRY(co_await files().rename(from, to));
  directory_->set(to);
  failed_ = true;  // nobody writes here any more
  co_return to;
}

}  // namespace odradek::storage
