// A group whose members speak the consumer protocol (KIP-848), as the log says it is.
//
// Pure: decisions read it and answer records; only replaying them changes it. Sessions and timeouts are not logged
// and not here. A copy shares members and targets with the original: a decision of several steps works on one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "coordinator/group/assignment.h"
#include "coordinator/group/consumer_member.h"
#include "coordinator/group/group.h"
#include "coordinator/group/group_records.h"

namespace odradek::coordinator {

class ConsumerGroup final : public Group {
 public:
  enum class State : uint8_t { Empty, Assigning, Reconciling, Stable };

  // What a regular expression matched when it was last looked at.
  struct ResolvedRegex {
    std::vector<std::string> topics;  // ascending
    int64_t version = 0;              // position of the metadata image that it was matched against
    int64_t timestamp = 0;            // milliseconds since 1970
    friend bool operator==(const ResolvedRegex&, const ResolvedRegex&) = default;
  };

  using Members = std::map<std::string, std::shared_ptr<const ConsumerMember>, std::less<>>;
  using Targets = std::map<std::string, std::shared_ptr<const Assignment>, std::less<>>;
  using Regexes = std::map<std::string, ResolvedRegex, std::less<>>;

  explicit ConsumerGroup(std::string id) : id_(std::move(id)) {}

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] State state() const;
  [[nodiscard]] int32_t epoch() const { return epoch_; }
  [[nodiscard]] int64_t metadata_hash() const { return metadata_hash_; }
  [[nodiscard]] int32_t assignment_epoch() const { return assignment_epoch_; }
  [[nodiscard]] int64_t assignment_timestamp() const { return assignment_timestamp_; }  // 0: unknown
  [[nodiscard]] const Members& members() const { return members_; }
  [[nodiscard]] const Regexes& regexes() const { return regexes_; }

  // Null when there is none.
  [[nodiscard]] const ConsumerMember* member(std::string_view member_id) const;
  [[nodiscard]] const ConsumerMember* static_member(std::string_view instance_id) const;
  // Whether of so many members at most this one would be one too many: nobody has its id, nor is there a static member
  // whose place it takes.
  [[nodiscard]] bool is_full_for(std::string_view member_id, const std::optional<protocol::Text>& instance_id,
                                 int32_t size_max) const {
    return members_.size() >= static_cast<size_t>(size_max) && member(member_id) == nullptr &&
           (!instance_id || static_member(*instance_id) == nullptr);
  }
  // Empty for who has none.
  [[nodiscard]] const Assignment& target(std::string_view member_id) const;
  [[nodiscard]] bool has_target(std::string_view member_id) const { return targets_.contains(member_id); }

  // The epoch of the member that holds the partition, or has still to give it up; -1: it is free.
  [[nodiscard]] int32_t owner_epoch(TopicId topic, int32_t partition) const;

  // The names that a member's subscription means: its own and what its expression matched. Ascending.
  [[nodiscard]] std::vector<std::string_view> topics_of(const ConsumerMember& member) const;
  // Those of all members.
  [[nodiscard]] std::vector<std::string_view> subscribed_topics() const;
  // Expressions of members that nobody has matched yet, or all of them; ascending.
  [[nodiscard]] std::vector<std::string> regexes_to_match(bool all) const;
  [[nodiscard]] bool is_regex_in_use(std::string_view regex) const;
  // The assignor that most members ask for; nothing if nobody does.
  [[nodiscard]] std::optional<std::string_view> preferred_assignor() const;
  // All members but these, and at least one, speak the classic protocol.
  [[nodiscard]] bool is_all_classic_without(std::string_view member_id) const;

  [[nodiscard]] GroupType type() const override { return GroupType::Consumer; }
  [[nodiscard]] std::string_view state_name() const override;
  [[nodiscard]] std::string_view protocol_type() const override { return "consumer"; }
  [[nodiscard]] bool is_empty() const override { return members_.empty(); }
  [[nodiscard]] protocol::ErrorCode check_commit(const Committer& committer) const override;
  // For each partition of a commit that check_commit() let pass: StaleMemberEpoch (IllegalGeneration for a member of
  // the classic protocol) for a partition that the member was given after the epoch it commits from, or does not have,
  // unless it commits from its present epoch (KIP-1251).
  [[nodiscard]] protocol::ErrorCode check_commit_of(const Committer& committer, TopicId topic, int32_t partition) const;
  [[nodiscard]] protocol::ErrorCode check_fetch(std::optional<std::string_view> member_id,
                                                int32_t member_epoch) const override;
  [[nodiscard]] bool is_subscribed_to(std::string_view topic) const override;
  [[nodiscard]] OffsetExpiry offset_expiry() const override;
  void add_tombstones(std::vector<machine::LogRecord>& records) const override;

  // Whether the log still holds anything of it: a group ends with the tombstone of its epoch.
  [[nodiscard]] bool exists() const { return has_epoch_record_ || !members_.empty(); }

  void replay(const ConsumerGroupChange& change);
  void replay(const ConsumerPartitionsChange& change);
  void replay(const ConsumerMemberChange& change);
  void replay(const ConsumerTargetChange& change);
  void replay(const ConsumerTargetMemberChange& change);
  void replay(const ConsumerCurrentChange& change);
  void replay(const ConsumerRegexChange& change);

 private:
  void put(ConsumerMember member);
  void release(const ConsumerMember& member);
  void hold(const ConsumerMember& member);

  std::string id_;
  // A group begins at epoch 1 and is written only when it leaves it.
  int32_t epoch_ = 1;
  bool has_epoch_record_ = false;
  int64_t metadata_hash_ = 0;
  int32_t assignment_epoch_ = 1;
  int64_t assignment_timestamp_ = 0;
  Members members_;
  std::map<std::string, std::string, std::less<>> static_ids_;  // instance id to member id
  Targets targets_;
  Regexes regexes_;
  std::unordered_map<PartitionId, int32_t> owner_epochs_;
};

}  // namespace odradek::coordinator
