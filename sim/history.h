// What was written, acknowledged and read in one life; says what may not be.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"

namespace odradek::sim {

// A record as clients know it: who wrote it, and as its how-manieth to this partition.
struct Writing {
  int32_t producer = 0;
  int64_t number = 0;
  friend auto operator<=>(const Writing&, const Writing&) = default;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<Writing> parse(std::string_view text);
};

// Every note_ call answers with nothing, or with what is wrong.
class History {
 public:
  using Wrong = std::optional<std::string>;

  // The broker acknowledged that the record lies at `offset`.
  [[nodiscard]] Wrong note_acknowledged(const TopicPartition& partition, Offset offset, Writing writing);
  // A reader saw it there.
  [[nodiscard]] Wrong note_read(const TopicPartition& partition, Offset offset, Writing writing);
  // A reader that began at 0 and reached `end` saw everything below: is anything acknowledged missing?
  [[nodiscard]] Wrong check_complete(const TopicPartition& partition, Offset end) const;

  [[nodiscard]] size_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] size_t read() const { return read_; }

 private:
  struct Partition {
    std::map<Offset, Writing> records;  // all that was acknowledged or read
    std::map<Writing, Offset> acknowledged;
    std::map<Writing, Offset> places;  // of every writing known: it may have one only
  };
  [[nodiscard]] Wrong place(Partition& known, const TopicPartition& partition, Offset offset, Writing writing);

  std::map<TopicPartition, Partition> partitions_;
  size_t acknowledged_ = 0;
  size_t read_ = 0;
};

}  // namespace odradek::sim
