// The tagged fields of a struct that its schema does not know, kept so that writing gives them back.
//
// The bytes are views of the frame. Takes one pointer while there are none, which is nearly always.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace odradek::protocol {

class UnknownTags {
 public:
  struct Entry {
    uint32_t number;
    ByteView bytes;
  };

  UnknownTags() = default;
  UnknownTags(const UnknownTags& other)
      : entries_(other.entries_ ? std::make_unique<std::vector<Entry>>(*other.entries_) : nullptr) {}
  UnknownTags(UnknownTags&&) noexcept = default;
  UnknownTags& operator=(UnknownTags other) noexcept {
    entries_ = std::move(other.entries_);
    return *this;
  }
  ~UnknownTags() = default;

  void add(Entry entry) {
    if (!entries_) {
      entries_ = std::make_unique<std::vector<Entry>>();
    }
    entries_->push_back(entry);
  }

  [[nodiscard]] bool empty() const { return entries_ == nullptr; }
  [[nodiscard]] uint32_t size() const { return entries_ ? static_cast<uint32_t>(entries_->size()) : 0; }
  [[nodiscard]] std::span<const Entry> entries() const {
    return entries_ ? std::span<const Entry>(*entries_) : std::span<const Entry>();
  }

 private:
  std::unique_ptr<std::vector<Entry>> entries_;
};

}  // namespace odradek::protocol
