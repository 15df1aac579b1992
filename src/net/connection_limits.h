// How many connections there are, on which listener and from which address, and how many there may be.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/shard.h"
#include "runtime/wait.h"

namespace odradek::net {

struct ConnectionLimitOptions {
  static constexpr int32_t unlimited = std::numeric_limits<int32_t>::max();

  int32_t total_max = unlimited;                                  // max.connections
  int32_t address_max = unlimited;                                // max.connections.per.ip
  std::map<std::string, int32_t, std::less<>> address_overrides;  // max.connections.per.ip.overrides
  std::map<std::string, int32_t, std::less<>> listener_max;       // listener.name.<name>.max.connections
  int32_t per_second_max = unlimited;                             // max.connection.creation.rate
  std::string protected_listener;  // max.connections does not hold this one back; empty for none
};

// Keeps a connection counted. May be dropped on any shard.
using ConnectionSlot = std::shared_ptr<const void>;

// Belongs to the shard of the acceptors; only slots live elsewhere. As in Kafka, a listener or broker that is full, or
// to which connections come too fast, lets them wait; one address too many is closed at once.
class ConnectionLimits : public std::enable_shared_from_this<ConnectionLimits> {
 public:
  explicit ConnectionLimits(ConnectionLimitOptions options)
      : home_(runtime::Shard::current()), options_(std::move(options)) {}

  // From now on. Connections beyond a limit that is lower now stay.
  void set(ConnectionLimitOptions options);

  // When another connection may come: at once if that is not later than now, `never` while there are too many.
  [[nodiscard]] runtime::Deadline room_at(std::string_view listener) const;
  // Something may be different now.
  [[nodiscard]] runtime::Signal& changed() { return changed_; }

  // Counts a connection from a numeric address; null if there are too many from there.
  [[nodiscard]] ConnectionSlot admit(std::string_view listener, std::string_view address);

  [[nodiscard]] int32_t total() const { return total_; }

 private:
  using Counts = std::map<std::string, int32_t, std::less<>>;

  [[nodiscard]] bool is_full(std::string_view listener) const;
  [[nodiscard]] int32_t address_max(std::string_view address) const;
  void release(const std::string& listener, const std::string& address);

  runtime::Shard& home_;
  ConnectionLimitOptions options_;
  int32_t total_ = 0;
  Counts of_listeners_;
  Counts from_addresses_;
  runtime::MonotonicTime next_due_{};  // by the rate
  runtime::Signal changed_;
};

}  // namespace odradek::net
