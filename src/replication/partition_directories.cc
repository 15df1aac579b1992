// PartitionTable: what it does to directories. What it knows and answers is in partition_table.cc.
#include <algorithm>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "replication/log_creation.h"
#include "replication/partition_table.h"
#include "runtime/file.h"
#include "runtime/shard.h"
#include "storage/log_files.h"

namespace odradek::replication {
namespace {

// Logs that are opened or retired at the same time.
constexpr size_t changes_at_once = 16;

// While so many logs are still to be opened, a line now and then tells how many.
constexpr size_t progress_told_from = 100;
constexpr runtime::Duration progress_interval = std::chrono::seconds(2);

// Before the disk is tried again that had no room for a partition's directory, or would not rename it.
constexpr runtime::Duration retry_pause = std::chrono::seconds(1);

// Waits; true at once when the signal comes. Whoever it tells must have looked whether it has come already.
runtime::Task<bool> is_signalled_within(runtime::Signal& signal, runtime::Duration duration) {
  runtime::Waiter waiter;
  waiter.subscribe(signal);
  co_return co_await waiter.wait(runtime::Shard::current().in(duration));
}

}  // namespace

void PartitionTable::enqueue(Change change) {
  switch (change.kind) {
    case Change::Kind::Open: unopened_.insert(change.partition.get()); break;
    case Change::Kind::Retire: ++retirements_; break;
  }
  changes_.push_back(std::move(change));
  if (!std::exchange(carrying_out_, true)) {
    tasks_.spawn(carry_out_all());
  }
}

runtime::Task<void> PartitionTable::carry_out_all() {
  while (!changes_.empty()) {
    // Several at once, since each mostly waits for the disk; but one name is never touched by two.
    runtime::TaskGroup some;
    std::unordered_set<TopicPartition> names;
    while (names.size() < changes_at_once) {
      std::optional<Change> next = next_change();
      if (!next) {
        break;
      }
      if (!names.insert(next->partition->name()).second) {
        changes_.push_front(*std::move(next));
        break;
      }
      if (next->kind == Change::Kind::Retire) {
        --retirements_;
      } else {
        unopened_.erase(next->partition.get());
      }
      some.spawn(carry_out(*std::move(next)));
    }
    co_await some.join();
    tell_progress();
    // Thousands may be waiting: those that are ready are served meanwhile.
    co_await runtime::yield();
  }
  carrying_out_ = false;
  settled_.notify_all();
}

// Off the queue: what somebody waits for comes first, unless a name may have to be given up before it is used again.
std::optional<PartitionTable::Change> PartitionTable::next_change() {
  while (!wanted_first_.empty() && retirements_ == 0) {
    const std::shared_ptr<Partition> partition = std::move(wanted_first_.front());
    wanted_first_.pop_front();
    if (unopened_.contains(partition.get())) {
      return Change{.kind = Change::Kind::Open, .partition = partition};
    }
  }
  while (!changes_.empty()) {
    Change next = std::move(changes_.front());
    changes_.pop_front();
    if (next.kind == Change::Kind::Retire || unopened_.contains(next.partition.get())) {
      return next;
    }
  }
  return std::nullopt;
}

void PartitionTable::wanted(Partition& partition) {
  if (unopened_.contains(&partition)) {
    wanted_first_.push_back(partition.shared_from_this());
  }
}

// Now and then, while thousands of logs are opened or recovered.
void PartitionTable::tell_progress() {
  const runtime::MonotonicTime now = runtime::Shard::current().now();
  if (unopened_.size() > progress_told_from && now - progress_told_ >= progress_interval) {
    progress_told_ = now;
    log_.info("opening_partitions").with("left", unopened_.size());
  }
}

runtime::Task<void> PartitionTable::carry_out(Change change) {
  switch (change.kind) {
    case Change::Kind::Open: co_return co_await open(std::move(change.partition));
    case Change::Kind::Retire: co_return co_await retire(std::move(change.partition));
  }
  unreachable();
}

runtime::Task<void> PartitionTable::settled() {
  runtime::Waiter waiter;
  waiter.subscribe(settled_);
  while (carrying_out_) {
    co_await waiter.wait();
  }
}

runtime::Task<void> PartitionTable::open(std::shared_ptr<Partition> partition) {
  Result<std::unique_ptr<storage::PartitionLog>> log = co_await open_log(*partition);
  const bool may_pass = !log && (log.error().code == Errc::NoSpace || log.error().code == Errc::AlreadyExists);
  if (may_pass) {
    // Nobody is made to wait for that: an answer that takes minutes is none, and what a client no longer waits for
    // would be appended behind its back.
    log_.limited(observe::LogLevel::Warn, "partition_waits")
        .with("partition", partition->name())
        .with("reason", log.error().message);
    partition->refuse_until_online(std::move(log).error());
    tasks_.spawn(open_later(std::move(partition)));
    co_return;
  }
  if (!log && log.error().code == Errc::UnknownTopicOrPartition) {
    co_return;  // its retirement is in the queue, and tells those who wait
  }
  if (!log) {
    log_.error("partition_offline").with("partition", partition->name()).with("reason", log.error().message);
    partition->offline(Error{Errc::Io, std::move(log).error().message});
    co_return;
  }
  (*log)->update_options(options_of(partition->id().topic));  // they may have changed while it was opened
  const size_t directory = directory_of((*log)->directory());
  if ((*log)->options().flush_records == 1 && (*log)->end_offset() > (*log)->flushed_offset()) {
    // What a crash left may have been acknowledged as being on the disk. It is shown at once and as a whole: a log that
    // seemed to end before its end for a moment would look like one that has lost records.
    const Result<> flushed = co_await (*log)->flush();
    if (!flushed && (*log)->is_failed()) {
      directory_failed(directory, flushed.error());
    }
    (*log)->update_options(options_of(partition->id().topic));
  }
  const auto& failed = failures_[directory];
  partition->online(*std::move(log));
  found_.erase(partition->name());
  if (failed) {
    partition->offline(*failed);
  }
}

runtime::Async<std::unique_ptr<storage::PartitionLog>> PartitionTable::open_log(const Partition& partition) {
  std::unique_ptr<storage::PartitionLog> own;
  std::optional<Error> failure;
  std::vector<std::unique_ptr<storage::PartitionLog>> strays;
  // More than one, each in its log directory, if we crashed after a topic was deleted and created again.
  for (storage::LogPlace& place : places_of(partition.name())) {
    if (const auto& failed = failures_[directory_of(place.directory)]) {
      failure = *failed;
      continue;
    }
    auto log = co_await storage::PartitionLog::open(std::move(place), options_of(partition.id().topic));
    if (!log) {
      failure = std::move(log).error();
    } else if ((*log)->topic_id() != partition.id().topic) {
      strays.push_back(*std::move(log));
    } else if (own == nullptr) {
      own = *std::move(log);
    } else {
      // A directory that was away and came back, say: both may hold what was acknowledged.
      Error in_two{Errc::Io, fmt::format("it lies in two log directories, {} and {}; move the one that is not to be "
                                         "served away, and start again",
                                         own->directory(), (*log)->directory())};
      CO_TRY(co_await own->close());
      CO_TRY(co_await (*log)->close());
      co_return std::unexpected(std::move(in_two));
    }
  }
  if (own == nullptr && failure) {
    co_return std::unexpected(*std::move(failure));
  }
  // Its own entry stays until it can speak for itself: a checkpoint written before that would say nothing of it.
  std::vector<storage::FoundPartition> others;
  std::erase_if(found_, [&](const auto& found) {
    const bool is_other =
        found.first == partition.name() && (own == nullptr || found.second.place.directory != own->directory());
    if (is_other) {
      others.push_back(found.second);
    }
    return is_other;
  });
  if (!strays.empty()) {
    const Result<> forgotten = co_await forget_offsets();
    if (!forgotten) {
      for (storage::FoundPartition& other : others) {
        expect(std::move(other));
      }
      co_return std::unexpected(forgotten.error());
    }
  }
  // Another topic once had this name. Its records stay where a person can find them.
  for (const auto& stray : strays) {
    CO_TRY(const std::string path, co_await stray->retire("stray"));
    log_.warn("stray_partition").with("directory", path).with("topic_id", stray->topic_id());
  }
  if (own != nullptr) {
    ++partitions_in_[directory_of(own->directory())];
    co_return own;
  }
  co_return co_await make_log(partition);
}

// What the checkpoints say of partitions that are not in any table goes before their names can be used again.
runtime::Async<> PartitionTable::forget_offsets() {
  if (forget_) {
    co_return co_await forget_();
  }
  co_return Result<>{};
}

runtime::Async<std::unique_ptr<storage::PartitionLog>> PartitionTable::make_log(const Partition& partition) {
  if (has_unknown_offsets_) {
    CO_TRY(co_await forget_offsets());
    has_unknown_offsets_ = false;
  }
  const std::optional<size_t> emptiest = emptiest_directory();
  if (!emptiest) {
    co_return fail(Errc::Io, "every log directory has failed");
  }
  ++partitions_in_[*emptiest];  // at once: others that are created meanwhile go elsewhere
  storage::LogPlace place{.directory = fmt::format("{}/{}", directories_[*emptiest].path, partition.name()),
                          .partition = partition.name()};
  std::string path = place.directory;
  const auto is_wanted = [this, &partition] { return find(partition.id()).get() == &partition; };
  auto created =
      co_await create_log(std::move(place), partition.id().topic, options_of(partition.id().topic), is_wanted);
  if (!created) {
    --partitions_in_[*emptiest];
  }
  if (!created && !made_nothing(created.error().code)) {
    // Half a directory would be in the way of the next attempt, and of others of its name.
    const Result<> removed = co_await remove_half_made(path, partition.id().topic);
    if (!removed) {
      tasks_.spawn(remove_half_made_later(std::move(path), partition.id().topic));
      co_return std::unexpected(removed.error());
    }
  }
  co_return created;
}

storage::LogOptions PartitionTable::options_of(TopicId topic) const {
  const TopicRules* known = rules(topic);
  return known == nullptr ? storage::LogOptions{} : known->log;
}

std::vector<storage::LogPlace> PartitionTable::places_of(const TopicPartition& name) const {
  std::vector<storage::LogPlace> places;
  for (auto [found, end] = found_.equal_range(name); found != end; ++found) {
    places.push_back(found->second.place);
  }
  return places;
}

runtime::Task<void> PartitionTable::retire(std::shared_ptr<Partition> partition) {
  const std::unique_ptr<storage::PartitionLog> log = co_await partition->close(Errc::UnknownTopicOrPartition);
  if (log == nullptr) {
    co_return co_await retire_unopened(partition->name());
  }
  const size_t directory = directory_of(log->directory());
  --partitions_in_[directory];
  if (has_failed(directory)) {
    co_return;  // it cannot be forgotten there: the next start that finds the directory sets it aside
  }
  const runtime::Duration delay = log->options().file_delete_delay;
  storage::LogPlace place{.directory = log->directory(), .partition = partition->name()};
  const Result<> done = co_await give_up_name(place, delay, log.get());
  if (!done) {
    tasks_.spawn(retire_later(std::move(place), delay));
  }
}

// Renames the directory of a deleted topic and sees to its removal. `log` is null where it is not open.
runtime::Async<> PartitionTable::give_up_name(storage::LogPlace place, runtime::Duration delay,
                                              storage::PartitionLog* log) {
  Result<std::string> path;
  Result<> forgotten;
  const bool has_offsets = log == nullptr || log->start_offset() > Offset{0} || log->flushed_offset() > Offset{0} ||
                           log->first_dirty_offset() > Offset{0};
  if (has_offsets) {
    forgotten = co_await forget_offsets();
  }
  if (!forgotten) {
    path = std::unexpected(forgotten.error());
  } else if (log != nullptr) {
    path = co_await log->retire("delete");
  } else {
    path = co_await rename_away(place, "delete");
  }
  if (!path) {
    log_.limited(observe::LogLevel::Error, "delete_failed")
        .with("partition", place.partition)
        .with("reason", path.error().message);
    co_return std::unexpected(path.error());
  }
  tasks_.spawn(remove_later(*std::move(path), delay));
  co_return Result<>{};
}

// A topic whose log could not be opened goes all the same, or its name could never be used again.
runtime::Task<void> PartitionTable::retire_unopened(TopicPartition name) {
  constexpr runtime::Duration delay = storage::LogOptions{}.file_delete_delay;
  const std::vector<storage::LogPlace> places = places_of(name);
  found_.erase(name);
  for (const storage::LogPlace& place : places) {
    const Result<> done = co_await give_up_name(place, delay, nullptr);
    if (!done) {
      tasks_.spawn(retire_later(place, delay));
    }
  }
}

runtime::Task<void> PartitionTable::remove_half_made_later(std::string path, TopicId topic) {
  while (!closing_ && !has_failed(directory_of(path))) {
    const bool woken = co_await is_signalled_within(closing_signal_, retry_pause);
    if (woken) {
      co_return;
    }
    const Result<> removed = co_await remove_half_made(path, topic);
    if (removed) {
      co_return;
    }
  }
}

// The disk would not rename the directory of a deleted topic: it is in the way of the next of its name, so it is tried
// again until it goes. What is left when we stop is set aside by the next start.
runtime::Task<void> PartitionTable::retire_later(storage::LogPlace place, runtime::Duration delay) {
  while (!closing_ && !has_failed(directory_of(place.directory))) {
    const bool woken = co_await is_signalled_within(closing_signal_, retry_pause);
    if (woken) {
      co_return;
    }
    const Result<> done = co_await give_up_name(place, delay, nullptr);
    if (done || done.error().code == Errc::NotFound) {
      co_return;
    }
  }
}

runtime::Task<void> PartitionTable::open_later(std::shared_ptr<Partition> partition) {
  if (closing_) {
    co_return;
  }
  const bool woken = co_await is_signalled_within(closing_signal_, retry_pause);
  if (!woken && find(partition->id()) == partition) {
    enqueue({.kind = Change::Kind::Open, .partition = std::move(partition)});
  }
}

runtime::Task<void> PartitionTable::remove_later(std::string path, runtime::Duration delay) {
  if (closing_) {
    co_return;
  }
  const bool woken = co_await is_signalled_within(closing_signal_, delay);
  if (woken) {
    co_return;  // we are stopping; the next start finds it
  }
  const Result<> removed = co_await runtime::Shard::current().files().remove_all(path);
  if (!removed) {
    log_.warn("delete_failed").with("directory", path).with("reason", removed.error().message);
  }
}

runtime::Task<void> PartitionTable::retire_strays() {
  std::unordered_set<TopicPartition> claimed;
  for (const auto& [id, partition] : partitions_) {
    claimed.insert(partition->name());
  }
  for (const Change& change : changes_) {
    claimed.insert(change.partition->name());  // also what was dropped since
  }
  std::vector<storage::LogPlace> strays;
  std::erase_if(found_, [&](const auto& found) {
    const bool is_stray = !claimed.contains(found.first);
    if (is_stray) {
      strays.push_back(found.second.place);
    }
    return is_stray;
  });
  // Where that fails they stay, in the way of others of their name: the next start tries again.
  Result<> forgotten;
  if (!strays.empty()) {
    forgotten = co_await forget_offsets();
  }
  for (storage::LogPlace& stray : strays) {
    // By its name alone: what is in it is nobody's business any more, and it may be damaged.
    const TopicPartition name = stray.partition;
    Result<std::string> path;
    if (forgotten) {
      path = co_await rename_away(std::move(stray), "stray");
    } else {
      path = std::unexpected(forgotten.error());
    }
    log_.warn("stray_partition").with("partition", name).with("directory", path ? *path : path.error().message);
  }
}

size_t PartitionTable::directory_of(std::string_view path) const {
  for (size_t i = 0; i < directories_.size(); ++i) {
    const std::string& directory = directories_[i].path;
    if (path.starts_with(directory) && path.find('/', directory.size() + 1) == std::string_view::npos) {
      return i;
    }
  }
  unreachable();
}

std::optional<size_t> PartitionTable::emptiest_directory() const {
  // Each shard counts its own; if all began with the same directory, it would have one more of each of them.
  const size_t first = runtime::Shard::current().id().raw() % directories_.size();
  std::optional<size_t> emptiest;
  for (size_t step = 0; step < directories_.size(); ++step) {
    const size_t i = (first + step) % directories_.size();
    if (!has_failed(i) && (!emptiest || partitions_in_[i] < partitions_in_[*emptiest])) {
      emptiest = i;
    }
  }
  return emptiest;
}

}  // namespace odradek::replication
