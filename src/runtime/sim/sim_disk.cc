#include "runtime/sim/sim_disk.h"

#include <algorithm>

namespace odradek::runtime {
namespace {

constexpr uint64_t sector_size = 512;  // what a disk writes as a whole

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) {
      parts.emplace_back(path.substr(0, slash));
    }
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

uint64_t bytes_below(SimNode& node) {
  uint64_t sum = node.size();
  for (const auto& [name, child] : node.names()) {
    sum += bytes_below(*child);
  }
  return sum;
}

}  // namespace

size_t SimNode::read(uint64_t position, MutableByteView into) const {
  if (position >= bytes_.size()) {
    return 0;
  }
  const size_t count = std::min<size_t>(into.size(), bytes_.size() - position);
  std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(position), count, into.begin());
  return count;
}

void SimNode::write(uint64_t position, ByteView piece) {
  if (piece.empty()) {
    return;
  }
  const uint64_t end = position + piece.size();
  size_before_append_ = position == bytes_.size() ? position : ~0ULL;
  remember(std::min<uint64_t>(position, bytes_.size()), end);
  if (end > bytes_.size()) {
    bytes_.resize(end);
  }
  std::ranges::copy(piece, bytes_.begin() + static_cast<ptrdiff_t>(position));
}

void SimNode::truncate(uint64_t size) {
  remember(std::min<uint64_t>(size, bytes_.size()), std::max<uint64_t>(size, bytes_.size()));
  bytes_.resize(size);
  size_before_append_ = ~0ULL;
}

void SimNode::undo_append() {
  if (size_before_append_ < bytes_.size()) {
    truncate(size_before_append_);
  }
}

void SimNode::remember(uint64_t from, uint64_t to) {
  lost_pages_.erase(lost_pages_.lower_bound(from / page_size),
                    lost_pages_.lower_bound((to + page_size - 1) / page_size));
  for (uint64_t page = from / page_size; page * page_size < std::min(to, synced_size_); ++page) {
    if (!synced_pages_.contains(page)) {
      const uint64_t begin = page * page_size;
      const uint64_t end = std::min<uint64_t>(begin + page_size, synced_size_);
      synced_pages_.emplace(
          page, Bytes(bytes_.begin() + static_cast<ptrdiff_t>(begin), bytes_.begin() + static_cast<ptrdiff_t>(end)));
    }
  }
}

void SimNode::sync() {
  synced_size_ = bytes_.size();
  std::erase_if(synced_pages_, [this](const auto& page) { return !lost_pages_.contains(page.first); });
}

bool SimNode::is_unsynced(uint64_t page) const {
  return synced_pages_.contains(page) || (page + 1) * page_size > synced_size_;
}

void SimNode::fail_sync(Random& chance) {
  for (uint64_t page = 0; page * page_size < bytes_.size(); ++page) {
    if (is_unsynced(page) && chance.one_in(2)) {
      Bytes& old = synced_pages_[page];
      if (old.empty() && page * page_size < synced_size_) {
        const uint64_t begin = page * page_size;
        const auto from = bytes_.begin() + static_cast<ptrdiff_t>(begin);
        old.assign(from, from + static_cast<ptrdiff_t>(std::min(synced_size_ - begin, page_size)));
      }
      old.resize(page_size);
      lost_pages_.insert(page);
    }
  }
}

Bytes SimNode::synced_bytes() const {
  Bytes synced(synced_size_);
  for (uint64_t begin = 0; begin < synced_size_; begin += page_size) {
    const auto old = synced_pages_.find(begin / page_size);
    const ByteView page = old != synced_pages_.end() ? ByteView(old->second) : ByteView(bytes_).subspan(begin);
    std::copy_n(page.begin(), std::min({page_size, synced_size_ - begin, uint64_t{page.size()}}),
                synced.begin() + static_cast<ptrdiff_t>(begin));
  }
  return synced;
}

void SimNode::lose_unsynced(Random& chance, bool keep_some) {
  Bytes left = synced_bytes();
  if (keep_some) {
    // The length is the old or the new one, or one between; a page lost beyond the old one reads as zeros.
    const auto [low, high] = std::minmax(synced_size_, uint64_t{bytes_.size()});
    left.resize(chance.one_in(4)   ? low + chance.below(high - low + 1)
                : chance.one_in(2) ? bytes_.size()
                                   : synced_size_);
    const uint64_t common = std::min(left.size(), bytes_.size());
    for (uint64_t begin = 0; begin < common; begin += page_size) {
      if (!is_unsynced(begin / page_size) || lost_pages_.contains(begin / page_size) || chance.one_in(2)) {
        continue;
      }
      const bool is_last = begin + page_size >= common;
      const uint64_t whole = std::min(page_size, common - begin);
      const uint64_t written = is_last && chance.one_in(4) ? whole / sector_size * sector_size : whole;
      std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(begin), written,
                  left.begin() + static_cast<ptrdiff_t>(begin));
    }
  }
  bytes_ = std::move(left);
  lost_pages_.clear();
  size_before_append_ = ~0ULL;
  sync();
}

SimDisk::SimDisk(uint64_t seed) : chance_(seed), root_(std::make_shared<SimNode>(EntryKind::Directory, 0)) {}

Result<SimDisk::NodePtr> SimDisk::find(std::string_view path) const {
  NodePtr node = root_;
  for (const std::string& part : split(path)) {
    const auto child = node->names().find(part);
    if (child == node->names().end()) {
      return fail(Errc::NotFound, std::string(path) + ": no such file or directory");
    }
    node = child->second;
  }
  return node;
}

Result<SimDisk::Place> SimDisk::place_of(const std::string& path) const {
  const size_t slash = path.rfind('/');
  ensure(slash != std::string::npos && slash + 1 < path.size(), "a path is absolute and names something");
  TRY(NodePtr directory, find(std::string_view(path).substr(0, slash)));
  if (directory->kind() != EntryKind::Directory) {
    return fail(Errc::Io, path + ": not in a directory");
  }
  return Place{std::move(directory), path.substr(slash + 1)};
}

SimDisk::NodePtr SimDisk::make(EntryKind kind, const NodePtr& directory) {
  return std::make_shared<SimNode>(kind, directory == root_ ? ++volumes_ : directory->volume());
}

void SimDisk::change(NameChange change) {
  if (change.from) {
    change.from->names().erase(change.from_name);
  }
  if (change.to) {
    change.to->names()[change.to_name] = change.node;
  }
  unsynced_changes_.push_back(std::move(change));
}

void SimDisk::make_durable(const NameChange& change) {
  if (change.from) {
    const auto old = change.from->durable_names().find(change.from_name);
    if (old != change.from->durable_names().end() && old->second == change.node) {
      change.from->durable_names().erase(old);
    }
  }
  if (change.to) {
    change.to->durable_names()[change.to_name] = change.node;
  }
}

Result<SimDisk::NodePtr> SimDisk::open(const std::string& path, OpenMode mode) {
  TRY(Place place, place_of(path));
  const auto existing = place.directory->names().find(place.name);
  if (existing != place.directory->names().end()) {
    if (mode == OpenMode::CreateNew) {
      return fail(Errc::AlreadyExists, path + ": already exists");
    }
    if (existing->second->kind() != EntryKind::File) {
      return fail(Errc::Io, path + ": is a directory");
    }
    return existing->second;
  }
  if (mode == OpenMode::Read || mode == OpenMode::Write) {
    return fail(Errc::NotFound, path + ": no such file or directory");
  }
  NodePtr made = make(EntryKind::File, place.directory);
  change({.node = made, .from = nullptr, .from_name = {}, .to = place.directory, .to_name = place.name});
  return made;
}

Result<> SimDisk::rename(const std::string& from, const std::string& to) {
  TRY(Place old_place, place_of(from));
  TRY(NodePtr node, find(from));
  TRY(Place new_place, place_of(to));
  const auto replaced = new_place.directory->names().find(new_place.name);
  if (replaced != new_place.directory->names().end() && replaced->second != node) {
    const bool is_full_directory =
        replaced->second->kind() == EntryKind::Directory && !replaced->second->names().empty();
    if (replaced->second->kind() != node->kind() || is_full_directory) {
      return fail(Errc::AlreadyExists, to + ": is in the way");
    }
  }
  change({.node = node,
          .from = old_place.directory,
          .from_name = old_place.name,
          .to = new_place.directory,
          .to_name = new_place.name});
  return {};
}

Result<> SimDisk::remove(const std::string& path) {
  TRY(Place place, place_of(path));
  TRY(NodePtr node, find(path));
  if (node->kind() == EntryKind::Directory && !node->names().empty()) {
    return fail(Errc::Io, path + ": directory not empty");
  }
  change({.node = node, .from = place.directory, .from_name = place.name, .to = nullptr, .to_name = {}});
  return {};
}

Result<> SimDisk::remove_all(const std::string& path) {
  const auto node = find(path);
  if (!node) {
    return {};
  }
  std::vector<std::string> names;
  for (const auto& [name, child] : (*node)->names()) {
    names.push_back(name);
  }
  for (const std::string& name : names) {
    TRY(remove_all(path + "/" + name));
  }
  return remove(path);
}

Result<> SimDisk::create_directories(const std::string& path) {
  NodePtr node = root_;
  for (const std::string& part : split(path)) {
    NodePtr& child = node->names()[part];
    if (!child) {
      NodePtr made = make(EntryKind::Directory, node);
      child = made;
      change({.node = made, .from = nullptr, .from_name = {}, .to = node, .to_name = part});
    }
    if (child->kind() != EntryKind::Directory) {
      return fail(Errc::AlreadyExists, path + ": a file is in the way");
    }
    node = NodePtr(child);
  }
  return {};
}

Result<> SimDisk::sync_directory(const std::string& path) {
  TRY(NodePtr directory, find(path));
  if (lies_.skips_directory_syncs) {
    return {};
  }
  std::erase_if(unsynced_changes_, [&](const NameChange& change) {
    const bool is_here = change.from == directory || change.to == directory;
    if (is_here) {
      make_durable(change);
    }
    return is_here;
  });
  return {};
}

Result<> SimDisk::sync_all(const std::string& path) {
  TRY(NodePtr top, find(path.substr(0, path.find('/', 1))));
  std::erase_if(unsynced_changes_, [&](const NameChange& change) {
    const bool is_here = change.node->volume() == top->volume();
    if (is_here) {
      make_durable(change);
    }
    return is_here;
  });
  sync_files(*top);
  return {};
}

void SimDisk::sync_files(SimNode& node) {
  if (node.kind() == EntryKind::File) {
    node.sync();
  }
  for (const auto& [name, child] : node.names()) {
    sync_files(*child);
  }
}

Result<> SimDisk::reserve(uint64_t more_bytes) {
  if (faults_.capacity_bytes == ~0ULL || used_bytes() + more_bytes <= faults_.capacity_bytes) {
    return {};
  }
  return fail(Errc::NoSpace, "no space left on device");
}

uint64_t SimDisk::used_bytes() const { return bytes_below(*root_); }

Result<> SimDisk::lock(const std::string& path, ProcessId by) {
  TRY(open(path, OpenMode::Create));
  if (!locks_.emplace(path, by).second) {
    return fail(Errc::Locked, path + ": locked by another process");
  }
  return {};
}

void SimDisk::unlock(const std::string& path) { locks_.erase(path); }

void SimDisk::forget_process(ProcessId process) {
  std::erase_if(locks_, [process](const auto& lock) { return lock.second == process; });
}

void SimDisk::lose_held_back() {
  if (!lies_.holds_back_writes_to.empty()) {
    undo_appends(*root_, lies_.holds_back_writes_to);
  }
}

void SimDisk::undo_appends(SimNode& node, std::string_view suffix) {
  for (const auto& [name, child] : node.names()) {
    if (child->kind() == EntryKind::Directory) {
      undo_appends(*child, suffix);
    } else if (name.ends_with(suffix)) {
      child->undo_append();
    }
  }
}

void SimDisk::crash() { restart(true); }

void SimDisk::crash_to_synced() { restart(false); }

void SimDisk::restart(bool keep_some) {
  for (const NameChange& change : unsynced_changes_) {
    if (keep_some && chance_.one_in(2)) {
      make_durable(change);
    }
  }
  unsynced_changes_.clear();
  locks_.clear();
  ++generation_;
  faults_ = {};
  std::set<const SimNode*> seen;
  restart_node(*root_, keep_some, seen);
}

void SimDisk::restart_node(SimNode& node, bool keep_some, std::set<const SimNode*>& seen) {
  if (!seen.insert(&node).second) {
    return;
  }
  if (node.kind() == EntryKind::File) {
    node.lose_unsynced(chance_, keep_some);
    return;
  }
  node.names() = node.durable_names();
  for (const auto& [name, child] : node.names()) {
    restart_node(*child, keep_some, seen);
  }
}

}  // namespace odradek::runtime
