// Where the last appended batches lie, so that reads at the tail need neither index nor scan. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/ids.h"

namespace odradek::storage {

class RecentBatches {
 public:
  struct Place {
    Offset base;     // first offset
    Offset last;     // last offset
    Offset segment;  // base of the segment that holds it
    uint64_t position = 0;
    uint64_t size = 0;  // bytes
  };

  void remember(const Place& place) {
    if (places_.size() < count_max) {
      places_.push_back(place);
    } else {
      places_[oldest_] = place;
      oldest_ = (oldest_ + 1) % count_max;
    }
  }

  // The first batch whose last offset is at or above `target`; nothing if older ones may hold it.
  [[nodiscard]] std::optional<Place> find(Offset target) const {
    if (places_.empty() || target < at(0).base) {
      return std::nullopt;
    }
    size_t low = 0;
    size_t high = places_.size();
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (at(middle).last >= target) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low == places_.size() ? std::nullopt : std::optional(at(low));
  }

  void clear() {
    places_.clear();
    oldest_ = 0;
  }

 private:
  static constexpr size_t count_max = 32;
  [[nodiscard]] const Place& at(size_t i) const { return places_[(oldest_ + i) % places_.size()]; }

  std::vector<Place> places_;  // a ring once full
  size_t oldest_ = 0;
};

}  // namespace odradek::storage
