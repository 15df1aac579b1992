// A consumer in a group: joins, reads what it is given, commits, hangs, forgets, leaves, and comes back as another.
// Each of its lives speaks one of the two protocols, so groups are mixed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/client.h"
#include "sim/group_watch.h"
#include "sim/stage.h"

namespace odradek::sim {

class GroupMember final : public Workload {
 public:
  GroupMember(Stage& stage, GroupWatch& watch, int32_t number, bool may_be_classic, bool may_be_new)
      : stage_(stage), watch_(watch), number_(number), may_be_classic_(may_be_classic), may_be_new_(may_be_new) {}
  [[nodiscard]] runtime::Task<void> run() override;

 private:
  void begin_life();
  void lose_everything();
  void take(int32_t epoch, Partitions partitions, Asked asked);
  // What an error means: false ends the connection. Members that are told to begin anew do so.
  [[nodiscard]] bool go_on(int16_t number);
  [[nodiscard]] bool dares(uint64_t one_in) { return !watch_.is_calm() && stage_.world.chance().one_in(one_in); }

  [[nodiscard]] runtime::Async<> live();
  [[nodiscard]] runtime::Async<> find_coordinator(Client& client) const;
  [[nodiscard]] runtime::Async<bool> beat(Client& client);  // of the consumer protocol
  [[nodiscard]] runtime::Async<bool> join(Client& client);  // these of the classic one
  [[nodiscard]] runtime::Async<bool> beat_classic(Client& client);
  [[nodiscard]] runtime::Async<> leave(Client& client);
  [[nodiscard]] runtime::Async<> commit(Client& client);
  [[nodiscard]] runtime::Async<> fetch(Client& client);

  Stage& stage_;
  GroupWatch& watch_;
  int32_t number_;
  bool may_be_classic_;
  bool may_be_new_;

  int32_t lives_ = 0;
  std::string id_;  // empty: not yet told one (classic)
  bool is_classic_ = false;
  int32_t epoch_ = 0;  // or generation
  bool is_joined_ = false;
  bool says_all_ = true;  // the next heartbeat of the consumer protocol is a full one
  std::vector<std::string> subscribed_;
  Partitions reads_;
};

}  // namespace odradek::sim
