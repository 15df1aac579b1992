// Incremental fetch sessions (KIP-227): a consumer names its partitions once and then only what changes.
//
// Each shard has a cache for its own connections. A session is known only there: a consumer that comes back on another
// shard is told so and begins again with a full fetch. Pure; time is passed in.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"
#include "model/ids.h"
#include "protocol/messages/fetch.h"
#include "runtime/random.h"
#include "runtime/time.h"

namespace odradek::api {

// One partition of a fetch: what is asked for and, in a session, what the last answer said.
struct FetchEntry {
  std::string topic;  // empty where the request names topics by id
  TopicId topic_id;   // zero where it names them by name
  PartitionIndex index;
  Offset from;
  int32_t bytes_max = 0;
  LeaderEpoch current_leader_epoch = no_leader_epoch;
  LeaderEpoch last_fetched_epoch = no_leader_epoch;
  Offset answered_high_watermark{-1};
  Offset answered_log_start{-1};
};

// What an answer says about one partition, as far as it matters for whether to say it.
struct FetchNews {
  Offset high_watermark{-1};
  Offset log_start{-1};
  uint64_t records_size = 0;
  bool has_error = false;
  bool is_diverging = false;
};

// The partitions of one fetch in the order in which they are served; each of them once.
class FetchSession {
 public:
  using Entries = std::list<FetchEntry>;

  explicit FetchSession(bool by_topic_id) : by_topic_id_(by_topic_id) {}
  FetchSession(const FetchSession&) = delete;
  FetchSession& operator=(const FetchSession&) = delete;

  [[nodiscard]] Entries& entries() { return entries_; }
  [[nodiscard]] size_t size() const { return entries_.size(); }

  // Adds the partitions that the request names, or replaces what was asked for them.
  void take_over(const protocol::FetchRequest& request);
  // Takes out those that the request forgets, even if it names them, too. A full fetch has nothing to forget.
  void leave_out(const protocol::FetchRequest& request);

  // Whether an incremental answer has to mention the partition. Remembers what the answer says.
  [[nodiscard]] static bool note(FetchEntry& entry, const FetchNews& news);

  // Serves the partition after all others from now on, so that each has its turn when answers are full.
  void move_back(Entries::iterator entry) { entries_.splice(entries_.end(), entries_, entry); }

 private:
  friend class FetchSessions;
  // How a request names a partition; a view of the entry or of the request.
  struct Key {
    Key(std::string_view name, TopicId id, PartitionIndex partition) : topic(name), topic_id(id), index(partition) {}
    Key(Entries::iterator entry) : Key(entry->topic, entry->topic_id, entry->index) {}  // NOLINT: for the set
    std::string_view topic;
    TopicId topic_id;
    PartitionIndex index;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    using is_transparent = void;
    [[nodiscard]] size_t operator()(const Key& key) const noexcept;
  };
  struct Equal {
    using is_transparent = void;
    [[nodiscard]] bool operator()(const Key& a, const Key& b) const noexcept { return a == b; }
  };

  void want(const Key& key, FetchEntry entry);
  void forget(const Key& key);

  bool by_topic_id_;
  int32_t id_ = 0;     // 0: not in the cache
  int32_t epoch_ = 0;  // of the next request
  Entries entries_;
  std::unordered_set<Entries::iterator, Hash, Equal> known_;
  runtime::MonotonicTime created_;
  runtime::MonotonicTime used_;
  size_t cached_size_ = 0;  // partitions, as the cache counts them
};

// One fetch on its way through its session.
struct FetchTurn {
  std::shared_ptr<FetchSession> session;  // never null
  bool wants_session = false;             // a full fetch: end() tries to keep the session
  bool is_incremental = false;            // the answer leaves out partitions without news
  int32_t epoch = 0;                      // of the request
};

// The cache: bounded in sessions and in the partitions of all of them together.
class FetchSessions {
 public:
  static constexpr size_t partitions_max_default = 1'000'000;

  // `sessions_max`: this shard's share of max.incremental.fetch.session.cache.slots.
  explicit FetchSessions(size_t sessions_max, size_t partitions_max = partitions_max_default)
      : sessions_max_(sessions_max), partitions_max_(partitions_max) {}

  // Which partitions the request is about. FetchSessionIdNotFound, InvalidFetchSessionEpoch, FetchSessionTopicIdError.
  [[nodiscard]] Result<FetchTurn> begin(const protocol::FetchRequest& request, int16_t version,
                                        runtime::MonotonicTime now);

  // The session's id for the answer, 0 for none. A new session needs a free slot, one idle for two minutes, or one with
  // fewer partitions that is older than that. InvalidFetchSessionEpoch when the session moved on meanwhile.
  [[nodiscard]] Result<int32_t> end(const FetchTurn& turn, runtime::MonotonicTime now, runtime::Random& chance);

  [[nodiscard]] size_t size() const { return sessions_.size(); }

 private:
  using Sessions = std::map<int32_t, std::shared_ptr<FetchSession>>;

  [[nodiscard]] bool make_room(size_t partitions, runtime::MonotonicTime now);
  void remove(Sessions::iterator session);
  void count(FetchSession& session);
  [[nodiscard]] int32_t fresh_id(runtime::Random& chance) const;

  size_t sessions_max_;
  size_t partitions_max_;
  Sessions sessions_;
  size_t partitions_ = 0;
};

}  // namespace odradek::api
