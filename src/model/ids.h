// Kafka's ids and positions, each its own type.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <fmt/format.h>

#include "base/strong_id.h"
#include "base/uuid.h"

namespace odradek {

using Offset = StrongId<struct OffsetTag, int64_t>;                  // of a record in a partition
using PartitionIndex = StrongId<struct PartitionIndexTag, int32_t>;  // within its topic, from 0
using NodeId = StrongId<struct NodeIdTag, int32_t>;                  // of a broker or controller
using LeaderEpoch = StrongId<struct LeaderEpochTag, int32_t>;        // rises with each leader of a partition
using PartitionEpoch = StrongId<struct PartitionEpochTag, int32_t>;  // rises with each change of a partition
using BrokerEpoch = StrongId<struct BrokerEpochTag, int64_t>;        // of one registration of a broker
using ProducerId = StrongId<struct ProducerIdTag, int64_t>;
using ProducerEpoch = StrongId<struct ProducerEpochTag, int16_t>;

inline constexpr NodeId no_node{-1};
inline constexpr LeaderEpoch no_leader_epoch{-1};
inline constexpr ProducerId no_producer_id{-1};
inline constexpr ProducerEpoch no_producer_epoch{-1};
inline constexpr int32_t no_sequence = -1;
inline constexpr int64_t no_timestamp = -1;  // milliseconds since 1970 otherwise

[[nodiscard]] constexpr Offset operator+(Offset offset, int64_t count) { return Offset{offset.raw() + count}; }
[[nodiscard]] constexpr int64_t operator-(Offset a, Offset b) { return a.raw() - b.raw(); }

// A topic's identity for its whole life; a topic created again under the same name gets another.
class TopicId {
 public:
  constexpr TopicId() = default;
  constexpr explicit TopicId(Uuid uuid) : uuid_(uuid) {}
  [[nodiscard]] constexpr const Uuid& uuid() const { return uuid_; }
  [[nodiscard]] constexpr bool is_zero() const { return uuid_.is_zero(); }
  friend constexpr auto operator<=>(const TopicId&, const TopicId&) = default;

 private:
  Uuid uuid_;
};

// The identity of one log directory, from its meta.properties.
class DirectoryId {
 public:
  constexpr DirectoryId() = default;
  constexpr explicit DirectoryId(Uuid uuid) : uuid_(uuid) {}
  [[nodiscard]] constexpr const Uuid& uuid() const { return uuid_; }
  friend constexpr auto operator<=>(const DirectoryId&, const DirectoryId&) = default;

 private:
  Uuid uuid_;
};

// Directory ids with a meaning of their own (KIP-858).
inline constexpr DirectoryId directory_migrating{Uuid{0, 0}};
inline constexpr DirectoryId directory_unassigned{Uuid{0, 1}};
inline constexpr DirectoryId directory_lost{Uuid{0, 2}};

// The first 100 uuids are never given to a directory.
[[nodiscard]] constexpr bool is_reserved(DirectoryId directory) {
  return directory.uuid().most() == 0 && directory.uuid().least() < 100;
}

// A partition by its topic's id.
struct PartitionId {
  TopicId topic;
  PartitionIndex index;
  friend constexpr auto operator<=>(const PartitionId&, const PartitionId&) = default;
};

// A partition by its topic's name, as directories and old requests call it.
struct TopicPartition {
  std::string topic;
  PartitionIndex index;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

}  // namespace odradek

template <>
struct std::hash<odradek::TopicId> {
  size_t operator()(const odradek::TopicId& id) const noexcept { return std::hash<odradek::Uuid>{}(id.uuid()); }
};

template <>
struct std::hash<odradek::PartitionId> {
  size_t operator()(const odradek::PartitionId& id) const noexcept {
    return std::hash<odradek::TopicId>{}(id.topic) + static_cast<size_t>(id.index.raw()) * 0x9E3779B97F4A7C15ULL;
  }
};

template <>
struct std::hash<odradek::TopicPartition> {
  size_t operator()(const odradek::TopicPartition& id) const noexcept {
    return std::hash<std::string>{}(id.topic) + static_cast<size_t>(id.index.raw()) * 0x9E3779B97F4A7C15ULL;
  }
};

template <>
struct fmt::formatter<odradek::TopicId> : fmt::formatter<odradek::Uuid> {
  auto format(const odradek::TopicId& id, fmt::format_context& context) const {
    return fmt::formatter<odradek::Uuid>::format(id.uuid(), context);
  }
};

template <>
struct fmt::formatter<odradek::TopicPartition> : fmt::formatter<std::string_view> {
  auto format(const odradek::TopicPartition& id, fmt::format_context& context) const {
    return fmt::format_to(context.out(), "{}-{}", id.topic, id.index.raw());
  }
};
