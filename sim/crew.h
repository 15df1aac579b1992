// Lives many seeds in child processes: a life that crashes takes only itself along, and the memory that killed brokers
// leave behind goes with each child.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace odradek::sim {

// How one life went.
struct Outcome {
  std::optional<std::string> wrong;
  uint64_t acknowledged = 0;
  uint64_t read = 0;
};

class Crew {
 public:
  // `live` runs in a child; it may crash or hang.
  using Live = std::function<Outcome(uint64_t seed)>;
  // Hears of every life, in no particular order; false: enough.
  using Report = std::function<bool(uint64_t seed, const Outcome& outcome)>;

  Crew(uint32_t children, Live live) : children_(children), live_(std::move(live)) {}

  // Seeds from `first` on, `count` of them, until the report has had enough.
  void work(uint64_t first, uint64_t count, const Report& report);

 private:
  uint32_t children_;
  Live live_;
};

}  // namespace odradek::sim
