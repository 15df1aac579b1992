// A hash map that is cheap to copy and cheap to change after a copy.
//
// A trie of 32-way nodes over the hash; copies share nodes, a change copies the few nodes on its path, and not even
// those while nobody else holds them. So an image of 10,000 partitions is copied by one pointer, and changing k of
// them costs O(k). A copy may be read on another shard while this one is changed: shared nodes are never written.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace odradek::metadata {

// Hashes of text are the same for std::string and std::string_view, so that lookups need no copy.
template <typename Key>
struct MapHash {
  [[nodiscard]] size_t operator()(const Key& key) const noexcept { return std::hash<Key>{}(key); }
};
template <>
struct MapHash<std::string> {
  [[nodiscard]] size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
};

template <typename Key, typename Value, typename Hash = MapHash<Key>>
class PersistentMap {
 public:
  using Entry = std::pair<Key, Value>;

  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // Null when absent. Valid until this map changes, or forever while some copy of it lives unchanged.
  template <typename Lookup>
  [[nodiscard]] const Value* find(const Lookup& key) const {
    const uint64_t hash = mix(Hash{}(key));
    const Node* node = root_.get();
    for (unsigned shift = 0; node != nullptr; shift += bits) {
      if (shift >= hash_bits || node->is_leaf) {
        return find_in(*node, key);
      }
      node = node->children[slot(hash, shift)].get();
    }
    return nullptr;
  }

  // Adds or replaces.
  void set(Key key, Value value) {
    const uint64_t hash = mix(Hash{}(key));
    put(root_, hash, 0, std::move(key), std::move(value));
  }

  // False when there was none.
  template <typename Lookup>
  bool erase(const Lookup& key) {
    if (find(key) == nullptr) {
      return false;
    }
    remove(root_, mix(Hash{}(key)), 0, key);
    --size_;
    return true;
  }

  // In an order of the map's own, the same for equal contents.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    walk(root_.get(), visit);
  }

 private:
  static constexpr unsigned bits = 5;
  static constexpr unsigned hash_bits = 60;
  static constexpr size_t leaf_size_max = 8;

  // Either up to `leaf_size_max` entries (more only where all hash bits are used up) or 32 children.
  struct Node {
    bool is_leaf = true;
    std::vector<Entry> entries;
    std::vector<std::shared_ptr<Node>> children;
  };

  static uint64_t mix(uint64_t hash) {
    hash ^= hash >> 32;
    hash *= 0x9E3779B97F4A7C15ULL;
    return hash ^ (hash >> 29);
  }
  static size_t slot(uint64_t hash, unsigned shift) { return (hash >> shift) & 31U; }

  template <typename Lookup>
  static const Value* find_in(const Node& leaf, const Lookup& key) {
    for (const Entry& entry : leaf.entries) {
      if (entry.first == key) {
        return &entry.second;
      }
    }
    return nullptr;
  }

  // Makes `node` ours alone. A count of one can only be our own reference; the fence orders what its former
  // holders on other shards read before our writes.
  static Node& own(std::shared_ptr<Node>& node) {
    if (node.use_count() != 1) {
      node = std::make_shared<Node>(*node);
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    return *node;
  }

  void put(std::shared_ptr<Node>& place, uint64_t hash, unsigned shift, Key key, Value value) {
    if (place == nullptr) {
      place = std::make_shared<Node>();
    }
    Node& node = own(place);
    if (!node.is_leaf) {
      put(node.children[slot(hash, shift)], hash, shift + bits, std::move(key), std::move(value));
      return;
    }
    for (Entry& entry : node.entries) {
      if (entry.first == key) {
        entry.second = std::move(value);
        return;
      }
    }
    node.entries.emplace_back(std::move(key), std::move(value));
    ++size_;
    if (node.entries.size() > leaf_size_max && shift < hash_bits) {
      split(node, shift);
    }
  }

  void split(Node& node, unsigned shift) {
    node.is_leaf = false;
    node.children.resize(32);
    for (Entry& entry : node.entries) {
      std::shared_ptr<Node>& child = node.children[slot(mix(Hash{}(entry.first)), shift)];
      if (child == nullptr) {
        child = std::make_shared<Node>();
      }
      child->entries.push_back(std::move(entry));
    }
    node.entries = {};
    for (std::shared_ptr<Node>& child : node.children) {
      if (child != nullptr && child->entries.size() > leaf_size_max && shift + bits < hash_bits) {
        split(*child, shift + bits);
      }
    }
  }

  template <typename Lookup>
  void remove(std::shared_ptr<Node>& place, uint64_t hash, unsigned shift, const Lookup& key) {
    Node& node = own(place);
    if (!node.is_leaf) {
      remove(node.children[slot(hash, shift)], hash, shift + bits, key);
      return;
    }
    std::erase_if(node.entries, [&](const Entry& entry) { return entry.first == key; });
    if (node.entries.empty()) {
      place = nullptr;
    }
  }

  template <typename Visit>
  static void walk(const Node* node, const Visit& visit) {
    if (node == nullptr) {
      return;
    }
    for (const Entry& entry : node->entries) {
      visit(entry.first, entry.second);
    }
    for (const std::shared_ptr<Node>& child : node->children) {
      walk(child.get(), visit);
    }
  }

  std::shared_ptr<Node> root_;
  size_t size_ = 0;
};

}  // namespace odradek::metadata
