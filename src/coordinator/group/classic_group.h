// A group whose members agree among themselves who reads what: the classic protocol.
//
// Members join; when all have (or time is up) a generation begins, whose leader is told all members' metadata and hands
// back everybody's assignment. The group never looks into either, save to learn which topics consumers read.
//
// Pure: driven by calls and the time they bring. A call that has to wait holds a Pending that some later call, or
// on_time(), answers. Nothing of a generation is written before its assignments are: what a call returns says when the
// group's record() must be. If that cannot be written, the group is thrown away and made again from what was.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_options.h"
#include "coordinator/group/pending.h"
#include "machine/commit_log.h"
#include "protocol/messages/join_group.h"
#include "protocol/messages/leave_group.h"
#include "protocol/messages/sync_group.h"
#include "runtime/time.h"

namespace odradek::coordinator {

using PendingJoin = Pending<protocol::JoinGroupResponse>;
using PendingSync = Pending<protocol::SyncGroupResponse>;

// Now, on both clocks.
struct Moment {
  runtime::MonotonicTime now;
  int64_t wall_ms = 0;
};

struct ClassicMember {
  struct Protocol {
    std::string name;
    Blob metadata;  // owned
  };

  std::string id;
  std::optional<std::string> instance_id;  // of a static member (KIP-345)
  std::string client_id;
  std::string client_host;
  std::chrono::milliseconds rebalance_timeout{0};
  std::chrono::milliseconds session_timeout{0};
  std::vector<Protocol> protocols;  // in the order of its preference
  Blob assignment;                  // owned
  bool is_new = false;              // has not yet been told a generation
  runtime::MonotonicTime deadline;  // of its session; counts only while it awaits nothing, or is new
  std::shared_ptr<PendingJoin> join;
  std::shared_ptr<PendingSync> sync;

  [[nodiscard]] bool is_awaiting_join() const { return join != nullptr; }
  [[nodiscard]] const Protocol* protocol(std::string_view name) const;
};

class ClassicGroup final : public Group {
 public:
  enum class State : uint8_t { Empty, PreparingRebalance, CompletingRebalance, Stable };

  // `options` outlives the group or is replaced before it goes.
  ClassicGroup(std::string id, int64_t wall_ms) : id_(std::move(id)), state_since_(wall_ms) {}
  // As a GroupMetadataValue, stored with its version first, says; every session begins anew. One without a leader
  // comes from the consumer protocol: its members are asked to join. CorruptMessage.
  [[nodiscard]] static Result<std::unique_ptr<ClassicGroup>> revive(std::string id, ByteView stored,
                                                                    const GroupOptions& options, Moment moment);
  // Of members that spoke the consumer protocol until now: stable, with the protocol that they vote for. Before
  // anything else is asked of it, one of them leads(), or they gather().
  [[nodiscard]] static std::unique_ptr<ClassicGroup> of_members(std::string id, std::vector<ClassicMember> members,
                                                                int32_t generation, const GroupOptions& options,
                                                                Moment moment);
  void leads(std::string_view member_id) { leader_ = member_id; }
  // They are asked to join. record() before, or whoever reads it does not know.
  void gather(Moment moment);
  // Whoever waits is answered with NotCoordinator.
  ~ClassicGroup() override;
  ClassicGroup(const ClassicGroup&) = delete;
  ClassicGroup& operator=(const ClassicGroup&) = delete;

  // --- what it is -------------------------------------------------------------------------------------------
  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] int32_t generation() const { return generation_; }
  [[nodiscard]] const std::string& leader() const { return leader_; }  // empty: none
  [[nodiscard]] const std::optional<std::string>& protocol_name() const { return protocol_name_; }
  [[nodiscard]] const std::map<std::string, ClassicMember, std::less<>>& members() const { return members_; }
  // Members that were told an id and have not come back with it yet.
  [[nodiscard]] bool has_pending_members() const { return !pending_.empty(); }

  [[nodiscard]] GroupType type() const override { return GroupType::Classic; }
  [[nodiscard]] std::string_view state_name() const override;
  [[nodiscard]] std::string_view protocol_type() const override;
  [[nodiscard]] bool is_empty() const override { return state_ == State::Empty; }
  [[nodiscard]] protocol::ErrorCode check_commit(const Committer& committer) const override;
  [[nodiscard]] protocol::ErrorCode check_fetch(std::optional<std::string_view> member_id,
                                                int32_t member_epoch) const override;
  [[nodiscard]] bool is_subscribed_to(std::string_view topic) const override;
  [[nodiscard]] OffsetExpiry offset_expiry() const override;
  void add_tombstones(std::vector<machine::LogRecord>& records) const override;

  // The group as it is to be after a restart.
  [[nodiscard]] machine::LogRecord record() const;
  // A group that nobody has joined so far.
  [[nodiscard]] machine::LogRecord empty_record() const;

  // --- calls ------------------------------------------------------------------------------------------------
  // True: write record() (in the same step), before anybody is answered.
  using MustWrite = bool;

  // `new_member_id` is for a member that has none. The ticket may be answered at once.
  [[nodiscard]] MustWrite join(const protocol::JoinGroupRequest& request, const Caller& caller,
                               std::string new_member_id, const GroupOptions& options, Moment moment,
                               std::shared_ptr<PendingJoin> ticket);

  // Whether this member's assignments, were they stored, would make the group stable: who asks for that writes
  // record_with(request), then calls assign(), or reject() if it does not fit the log.
  // Otherwise the ticket is answered, or will be when the leader's assignments come.
  [[nodiscard]] bool sync(const protocol::SyncGroupRequest& request, Moment moment,
                          std::shared_ptr<PendingSync> ticket);
  void set_assignments(const protocol::SyncGroupRequest& request);  // before record()
  void set_assignment(std::string_view member_id, Blob assignment);
  void assign(Moment moment);
  [[nodiscard]] MustWrite reject_assignments(protocol::ErrorCode why, Moment moment);

  // Allocates nothing.
  [[nodiscard]] protocol::ErrorCode heartbeat(std::string_view member_id, std::optional<std::string_view> instance_id,
                                              int32_t generation, Moment moment);
  // A committing member is alive.
  void note_commit(std::string_view member_id, Moment moment);

  // One member of a LeaveGroup; leave_done() ends the request.
  [[nodiscard]] protocol::ErrorCode leave(std::string_view member_id, std::optional<std::string_view> instance_id);
  [[nodiscard]] MustWrite leave_done(Moment moment);

  // Everything that is due: sessions, rebalances.
  [[nodiscard]] MustWrite on_time(Moment moment);
  [[nodiscard]] std::optional<runtime::MonotonicTime> next_deadline() const;

  // Answers whoever waits: the group will be no more.
  void dismiss(protocol::ErrorCode why);

  // A revived group that is larger than it may be gets together again.
  [[nodiscard]] MustWrite shrink(const GroupOptions& options, Moment moment);

 private:
  friend class ClassicGroupTest;

  struct InitialDelay {
    runtime::Duration step;       // how long a newcomer extends the wait
    runtime::Duration current;    // what is running now
    runtime::Duration remaining;  // of the rebalance timeout
  };

  // Membership.
  [[nodiscard]] protocol::ErrorCode check_member(std::string_view member_id,
                                                 std::optional<std::string_view> instance_id) const;
  [[nodiscard]] bool accepts(std::string_view member_id, const GroupOptions& options) const;
  [[nodiscard]] bool supports(const protocol::JoinGroupRequest& request) const;
  [[nodiscard]] ClassicMember* member(std::string_view id);
  void update(ClassicMember& member, const protocol::JoinGroupRequest& request, std::shared_ptr<PendingJoin> ticket);
  void remove(std::string_view member_id);
  ClassicMember& replace_static(std::string_view old_id, std::string new_id);
  // A member that was there before, in this group or in one of the other protocol.
  void put(ClassicMember member, Moment moment);
  void begin_session(ClassicMember& member, Moment moment) const;

  // Joining.
  [[nodiscard]] MustWrite join_new(const protocol::JoinGroupRequest& request, const Caller& caller,
                                   std::string member_id, const GroupOptions& options, Moment moment,
                                   std::shared_ptr<PendingJoin> ticket);
  [[nodiscard]] MustWrite join_known(const protocol::JoinGroupRequest& request, const Caller& caller,
                                     const GroupOptions& options, Moment moment, std::shared_ptr<PendingJoin> ticket);
  [[nodiscard]] MustWrite add_member(const protocol::JoinGroupRequest& request, const Caller& caller, std::string id,
                                     const GroupOptions& options, Moment moment, std::shared_ptr<PendingJoin> ticket);
  [[nodiscard]] MustWrite replace_member(const protocol::JoinGroupRequest& request, const Caller& caller,
                                         std::string old_id, std::string new_id, const GroupOptions& options,
                                         Moment moment, std::shared_ptr<PendingJoin> ticket);
  [[nodiscard]] protocol::JoinGroupResponse joined(const ClassicMember& member) const;

  // Rebalancing.
  [[nodiscard]] bool have_all_joined() const;
  [[nodiscard]] MustWrite rebalance(Moment moment);  // or, where one is under way, see whether it is complete
  [[nodiscard]] MustWrite prepare_rebalance(Moment moment);
  [[nodiscard]] MustWrite complete_if_all_joined(Moment moment);
  [[nodiscard]] MustWrite complete_join(Moment moment);
  [[nodiscard]] MustWrite after_removal(Moment moment);
  [[nodiscard]] bool elect_joined_leader();
  void begin_generation(Moment moment);
  void answer_syncs(protocol::ErrorCode error, Moment moment);
  [[nodiscard]] std::optional<std::string> vote() const;
  [[nodiscard]] std::set<std::string_view> common_protocols() const;
  [[nodiscard]] std::chrono::milliseconds rebalance_timeout() const;
  void become(State state, Moment moment);
  void note_subscriptions();

  std::string id_;
  State state_ = State::Empty;
  State previous_state_ = State::Empty;
  int64_t state_since_;  // milliseconds since 1970
  int32_t generation_ = 0;
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_name_;
  std::string leader_;
  std::map<std::string, ClassicMember, std::less<>> members_;
  std::map<std::string, std::string, std::less<>> static_ids_;           // instance id to member id
  std::map<std::string, runtime::MonotonicTime, std::less<>> pending_;   // were told an id (KIP-394), until when
  std::set<std::string, std::less<>> not_synced_;                        // of this generation
  std::optional<std::set<std::string, std::less<>>> subscribed_topics_;  // nothing: not known
  std::optional<runtime::MonotonicTime> join_deadline_;                  // a rebalance is under way
  std::optional<InitialDelay> initial_delay_;                            // the first one of an empty group
  bool has_newcomers_ = false;                                           // since initial_delay_ began to run
  std::optional<runtime::MonotonicTime> sync_deadline_;
  runtime::Duration initial_step_{0};  // group.initial.rebalance.delay.ms as of the last join
};

}  // namespace odradek::coordinator
