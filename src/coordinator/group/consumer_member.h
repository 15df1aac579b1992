// One member of a consumer group, as the log holds it: what it subscribes to, and how far it is reconciled (KIP-848).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "coordinator/group/group_records.h"
#include "coordinator/group/owned_partitions.h"

namespace odradek::coordinator {

// Member epochs with a meaning of their own.
inline constexpr int32_t joining_epoch = 0;
inline constexpr int32_t leaving_epoch = -1;
inline constexpr int32_t static_leaving_epoch = -2;  // and back within the session timeout

// Of a member that speaks the classic protocol in a consumer group.
struct ClassicProtocols {
  struct Protocol {
    std::string name;
    Bytes metadata;  // a ConsumerProtocolSubscription
    friend bool operator==(const Protocol&, const Protocol&) = default;
  };
  std::chrono::milliseconds session_timeout{0};
  std::vector<Protocol> supported;  // in the order of its preference
  friend bool operator==(const ClassicProtocols&, const ClassicProtocols&) = default;
};

struct ConsumerMember {
  enum class State : int8_t {
    Stable = 0,                // at the target's epoch, with all of its partitions
    UnrevokedPartitions = 1,   // must give up partitions first
    UnreleasedPartitions = 2,  // waits for partitions that others have not given up yet
    Unknown = 127,             // of a later version
  };

  std::string id;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> topics;  // subscribed to by name; ascending
  std::string regex;                // subscribed to; empty: none
  std::chrono::milliseconds rebalance_timeout{-1};
  std::optional<std::string> assignor;
  std::optional<ClassicProtocols> classic;

  int32_t epoch = 0;
  int32_t previous_epoch = 0;
  State state = State::Stable;
  OwnedPartitions assigned;
  OwnedPartitions pending_revocation;

  [[nodiscard]] bool uses_classic_protocol() const { return classic.has_value(); }
  // What it reads: also what it has been asked to give up, until it says that it has.
  [[nodiscard]] OwnedPartitions read() const { return assigned.with(pending_revocation); }
  // The next epoch; what was the current one may come once more from a client that has not heard.
  void enter(int32_t next) {
    previous_epoch = epoch;
    epoch = next;
  }
  // Whether the record of its subscription, or that of its assignment, differs.
  [[nodiscard]] bool has_same_metadata(const ConsumerMember& other) const;
  [[nodiscard]] bool has_same_assignment(const ConsumerMember& other) const;

  // Views this member.
  [[nodiscard]] ConsumerMemberChange metadata_change(std::string_view group_id) const;
  [[nodiscard]] ConsumerCurrentChange current_change(std::string_view group_id) const;
  void replay(const ConsumerMemberChange::Value& value);
  void replay(const ConsumerCurrentChange::Value& value);
};

}  // namespace odradek::coordinator
