#include "runtime/sim/sim_file_system.h"

#include <algorithm>

#include "runtime/wait.h"

namespace odradek::runtime {
namespace {

class SimHeldFile final : public HeldFile {
 public:
  explicit SimHeldFile(SimDisk::NodePtr node) : node_(std::move(node)) {}
  [[nodiscard]] Result<size_t> read(uint64_t position, MutableByteView into) const override {
    return node_->read(position, into);
  }

 private:
  SimDisk::NodePtr node_;
};

// The entries of an offset index, each with the position of the next; the last leads nowhere.
Bytes run_ahead(const std::vector<ByteView>& pieces) {
  constexpr size_t entry_size = 8;
  constexpr size_t position_at = 4;
  Bytes all;
  for (const ByteView piece : pieces) {
    all.insert(all.end(), piece.begin(), piece.end());
  }
  for (size_t at = position_at; at + entry_size <= all.size(); at += entry_size) {
    std::copy_n(all.begin() + static_cast<ptrdiff_t>(at + entry_size), entry_size - position_at,
                all.begin() + static_cast<ptrdiff_t>(at));
  }
  return all;
}

class SimFile final : public File {
 public:
  SimFile(SimFileSystem& files, Directory directory, std::string name, SimDisk::NodePtr node, bool may_write)
      : files_(files),
        directory_(std::move(directory)),
        name_(std::move(name)),
        node_(std::move(node)),
        may_write_(may_write),
        generation_(files.disk().generation()) {}

  [[nodiscard]] Async<size_t> read(uint64_t position, MutableByteView into) override {
    CO_TRY(co_await operate());
    co_return node_->read(position, into);
  }

  [[nodiscard]] Async<> write(uint64_t position, std::vector<ByteView> pieces) override {
    ensure(may_write_, "the file is open for reading only");
    const Result<> ready = co_await operate();
    if (!ready && ready.error().code == Errc::TooManyOpenFiles) {
      co_return ready;
    }
    Bytes shifted;
    if (files_.disk().lies().index_runs_ahead && name_.ends_with(".index")) {
      shifted = run_ahead(pieces);
      pieces = {shifted};
    }
    for (const ByteView piece : pieces) {
      const Result<> space = files_.disk().reserve(piece.size());
      if (!ready || !space) {
        // Some first bytes of a failed write may be there.
        if (generation_ == files_.disk().generation() && !piece.empty()) {
          node_->write(position, piece.first(files_.chance().below(piece.size())));
        }
        co_return ready ? space : ready;
      }
      // A process can be killed in the middle of a write.
      if (piece.size() > 1 && files_.chance().one_in(8)) {
        const size_t part = files_.chance().below(piece.size());
        node_->write(position, piece.first(part));
        co_await yield();
        CO_TRY(check_generation());
        node_->write(position + part, piece.subspan(part));
      } else {
        node_->write(position, piece);
      }
      position += piece.size();
    }
    co_return Result<>{};
  }

  [[nodiscard]] Async<> truncate(uint64_t size) override {
    ensure(may_write_, "the file is open for reading only");
    CO_TRY(co_await operate());
    if (size > node_->size()) {
      CO_TRY(files_.disk().reserve(size - node_->size()));
    }
    const std::string& kept = files_.disk().lies().keeps_tail_of;
    if (kept.empty() || !name_.ends_with(kept) || size > node_->size()) {
      node_->truncate(size);
    }
    co_return Result<>{};
  }

  [[nodiscard]] Async<> sync() override {
    CO_TRY(co_await operate());
    co_await files_.take_time_to_sync();
    CO_TRY(check_generation());
    const std::string& skipped = files_.disk().lies().skips_sync_of;
    if (files_.sync_fails(path())) {
      node_->fail_sync(files_.chance());
      co_return fail(Errc::Io, path() + ": input/output error in a sync");
    }
    if (skipped.empty() || !name_.ends_with(skipped)) {
      node_->sync();
    }
    co_await files_.take_time_to_sync();
    co_return check_generation();
  }

  [[nodiscard]] Async<uint64_t> size() override {
    CO_TRY(co_await operate());
    co_return node_->size();
  }

  [[nodiscard]] Async<> rename(std::string name) override {
    CO_TRY(co_await operate());
    CO_TRY(files_.disk().rename(path(), directory_->text() + "/" + name));
    name_ = std::move(name);
    co_return Result<>{};
  }

  [[nodiscard]] Async<Blob> range(uint64_t position, uint64_t size) override {
    CO_TRY(co_await operate());
    co_return Blob(std::make_shared<SimHeldFile>(node_), position, size);
  }

  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  [[nodiscard]] std::string path() const { return directory_->text() + "/" + name_; }

  [[nodiscard]] Async<> operate() {
    CO_TRY(co_await files_.operate(path()));
    CO_TRY(check_generation());
    CO_TRY(files_.check_descriptors(path()));
    // As if the descriptor had been closed in between: the name must still lead to the same file.
    if (files_.chance().one_in(4)) {
      CO_TRY(const SimDisk::NodePtr found, files_.disk().find(path()));
      if (found != node_) {
        co_return fail(Errc::NotFound, path() + ": another file has this name now");
      }
    }
    co_return Result<>{};
  }

  [[nodiscard]] Result<> check_generation() const {
    if (generation_ != files_.disk().generation()) {
      return fail(Errc::Io, path() + ": opened before the power went");
    }
    return {};
  }

  SimFileSystem& files_;
  Directory directory_;
  std::string name_;
  SimDisk::NodePtr node_;
  bool may_write_;
  uint64_t generation_;
};

class SimFileLock final : public FileLock {
 public:
  SimFileLock(SimDisk& disk, std::string path) : disk_(disk), path_(std::move(path)), generation_(disk.generation()) {}
  SimFileLock(const SimFileLock&) = delete;
  SimFileLock& operator=(const SimFileLock&) = delete;
  ~SimFileLock() override {
    if (generation_ == disk_.generation()) {
      disk_.unlock(path_);
    }
  }

 private:
  SimDisk& disk_;
  std::string path_;
  uint64_t generation_;
};

}  // namespace

Async<> SimFileSystem::operate(std::string_view path) {
  disk_.count_operation();
  // Most operations hit the page cache; others let somebody else run first, and a few take their time.
  if (chance().one_in(2)) {
    co_await yield();
  }
  if (chance().one_in(16) && delay_max_ > Duration::zero()) {
    co_await sleep_for(Duration(chance().below(static_cast<uint64_t>(delay_max_.count())) + 1));
  }
  const DiskFaults& faults = disk_.faults();
  const bool fails = faults.is_dead || (faults.io_error_one_in > 0 && chance().one_in(faults.io_error_one_in));
  if (fails && path.starts_with(faults.under)) {
    co_return fail(Errc::Io, std::string(path) + ": input/output error");
  }
  co_return Result<>{};
}

Task<void> SimFileSystem::take_time_to_sync() {
  const Duration delay_max = disk_.faults().sync_delay_max;
  if (delay_max > Duration::zero()) {
    co_await sleep_for(Duration(chance().below(static_cast<uint64_t>(delay_max.count())) + 1));
  } else if (chance().one_in(2)) {
    co_await yield();
  }
}

Result<> SimFileSystem::check_descriptors(std::string_view path) const {
  const DiskFaults& faults = disk_.faults();
  if (faults.is_out_of_descriptors && path.starts_with(faults.under)) {
    return fail(Errc::TooManyOpenFiles, std::string(path) + ": too many open files");
  }
  return {};
}

bool SimFileSystem::sync_fails(std::string_view path) {
  const DiskFaults& faults = disk_.faults();
  return faults.sync_error_one_in > 0 && chance().one_in(faults.sync_error_one_in) && path.starts_with(faults.under);
}

Async<std::unique_ptr<File>> SimFileSystem::open(Directory directory, std::string name, OpenMode mode) {
  CO_TRY(co_await operate(directory->text()));
  CO_TRY(check_descriptors(directory->text()));
  CO_TRY(auto node, disk_.open(directory->text() + "/" + name, mode));
  co_return std::make_unique<SimFile>(*this, std::move(directory), std::move(name), std::move(node),
                                      mode != OpenMode::Read);
}

Async<> SimFileSystem::rename(std::string from, std::string to) {
  CO_TRY(co_await operate(from));
  co_return disk_.rename(from, to);
}

Async<> SimFileSystem::remove(std::string path) {
  CO_TRY(co_await operate(path));
  co_return disk_.remove(path);
}

Async<> SimFileSystem::remove_all(std::string path) {
  CO_TRY(co_await operate(path));
  co_return disk_.remove_all(path);
}

Async<> SimFileSystem::create_directories(std::string path) {
  CO_TRY(co_await operate(path));
  co_return disk_.create_directories(path);
}

Async<std::vector<DirectoryEntry>> SimFileSystem::list(std::string path) {
  CO_TRY(co_await operate(path));
  CO_TRY(const auto directory, disk_.find(path));
  std::vector<DirectoryEntry> entries;
  for (const auto& [name, node] : directory->names()) {
    entries.push_back({.name = name, .kind = node->kind(), .size = node->size()});
  }
  co_return entries;
}

Async<bool> SimFileSystem::exists(std::string path) {
  CO_TRY(co_await operate(path));
  co_return disk_.find(path).has_value();
}

Async<> SimFileSystem::sync_directory(std::string path) {
  CO_TRY(co_await operate(path));
  co_await take_time_to_sync();
  if (sync_fails(path)) {
    co_return fail(Errc::Io, path + ": input/output error in a sync");
  }
  const Result<> synced = disk_.sync_directory(path);
  co_await take_time_to_sync();
  co_return synced;
}

Async<> SimFileSystem::sync_all(std::string path) {
  CO_TRY(co_await operate(path));
  co_await take_time_to_sync();
  CO_TRY(disk_.find(path));
  if (sync_fails(path)) {
    co_return fail(Errc::Io, path + ": input/output error in a sync");
  }
  const Result<> synced = disk_.sync_all(path);
  co_await take_time_to_sync();
  co_return synced;
}

Async<std::unique_ptr<FileLock>> SimFileSystem::lock(std::string path) {
  CO_TRY(co_await operate(path));
  CO_TRY(disk_.lock(path, process_));
  co_return std::make_unique<SimFileLock>(disk_, std::move(path));
}

Async<DiskSpace> SimFileSystem::space(std::string path) {
  CO_TRY(co_await operate(path));
  CO_TRY(disk_.find(path));
  constexpr uint64_t size_without_limit = 1ULL << 40;
  const uint64_t total = std::min(disk_.faults().capacity_bytes, size_without_limit);
  co_return DiskSpace{.total_bytes = total, .usable_bytes = total - std::min(total, disk_.used_bytes())};
}

}  // namespace odradek::runtime
