// What offsets and administration ask of a group, whichever protocol its members speak.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "machine/commit_log.h"
#include "protocol/error_code.h"

namespace odradek::coordinator {

enum class GroupType : uint8_t { Classic, Consumer };

// "classic", "consumer": as ListGroups says it.
[[nodiscard]] std::string_view name(GroupType type);

// Who makes a request: as its connection says, not as the request does.
struct Caller {
  std::string_view client_id;
  std::string_view client_host;  // as Kafka's records hold it: "/127.0.0.1"
  int16_t api_version = 0;
};

// Who commits offsets, as the request says. A simple consumer has no member id and generation -1.
struct Committer {
  std::string_view member_id;
  std::optional<std::string_view> instance_id;
  int32_t generation_or_epoch = -1;
  int16_t api_version = 0;
};

// From when the retention of a group's offsets counts. Those of subscribed topics never expire.
struct OffsetExpiry {
  enum class From : uint8_t { Never, Commit, Moment };
  From from = From::Never;
  int64_t moment = 0;  // milliseconds since 1970
};

class Group {
 public:
  virtual ~Group() = default;

  [[nodiscard]] virtual GroupType type() const = 0;
  // Such as "Stable"; as ListGroups and the Describe APIs say it.
  [[nodiscard]] virtual std::string_view state_name() const = 0;
  // "consumer", "connect"; empty for a group that has only ever held offsets.
  [[nodiscard]] virtual std::string_view protocol_type() const = 0;
  // Has no members.
  [[nodiscard]] virtual bool is_empty() const = 0;

  [[nodiscard]] virtual protocol::ErrorCode check_commit(const Committer& committer) const = 0;
  // Version 9 of OffsetFetch may name a member; no member and epoch -1: anybody.
  [[nodiscard]] virtual protocol::ErrorCode check_fetch(std::optional<std::string_view> member_id,
                                                        int32_t member_epoch) const = 0;
  // Whether a live member reads the topic: then its offsets neither expire nor can be deleted.
  [[nodiscard]] virtual bool is_subscribed_to(std::string_view topic) const = 0;
  [[nodiscard]] virtual OffsetExpiry offset_expiry() const = 0;

  // Adds what undoes the group in the log; its offsets are apart.
  virtual void add_tombstones(std::vector<machine::LogRecord>& records) const = 0;
};

}  // namespace odradek::coordinator
