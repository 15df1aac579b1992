// A string of a message: a view of somebody's memory, or a string of its own.
//
// Decoding makes views of the frame, which must outlive the message. A message that we build views literals and
// string_views, and owns what it is given as std::string. A copy of a view is a view; a copy of an owner owns.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/ensure.h"

namespace odradek::protocol {

class Text {
 public:
  constexpr Text() = default;

  // NOLINTBEGIN(google-explicit-constructor): a text is written as a string is.

  // Views: what they point to must outlive this.
  constexpr Text(std::string_view view) : data_(view.data()), size_(narrow(view.size())) {}
  template <size_t N>
  constexpr Text(const char (&literal)[N]) : data_(literal), size_(N - 1) {}

  // Owns a copy.
  Text(const std::string& text) : Text(owned(text)) {}

  // NOLINTEND(google-explicit-constructor)

  // Owns a copy of what may not live as long as this.
  [[nodiscard]] static Text owned(std::string_view text) {
    Text result;
    if (!text.empty()) {
      char* copy = new char[text.size()];
      std::memcpy(copy, text.data(), text.size());
      result.data_ = copy;
      result.size_ = narrow(text.size());
      result.is_owner_ = true;
    }
    return result;
  }

  Text(const Text& other) : data_(other.data_), size_(other.size_) {
    if (other.is_owner_) {
      *this = owned(other);
    }
  }
  Text(Text&& other) noexcept
      : data_(other.data_), size_(other.size_), is_owner_(std::exchange(other.is_owner_, false)) {}
  Text& operator=(Text other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(is_owner_, other.is_owner_);
    return *this;
  }
  ~Text() {
    if (is_owner_) {
      delete[] data_;
    }
  }

  constexpr operator std::string_view() const { return {data_, size_}; }  // NOLINT(google-explicit-constructor)
  [[nodiscard]] constexpr std::string_view view() const { return {data_, size_}; }
  [[nodiscard]] std::string str() const { return std::string(view()); }
  [[nodiscard]] constexpr size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr const char* data() const { return data_; }

  template <std::convertible_to<std::string_view> T>
  friend constexpr bool operator==(const Text& a, const T& b) {
    return a.view() == std::string_view(b);
  }
  template <std::convertible_to<std::string_view> T>
  friend constexpr std::strong_ordering operator<=>(const Text& a, const T& b) {
    return a.view() <=> std::string_view(b);
  }

 private:
  static constexpr uint32_t narrow(size_t size) {
    ensure(size <= UINT32_MAX, "a text of 4 GiB");
    return static_cast<uint32_t>(size);
  }

  const char* data_ = nullptr;
  uint32_t size_ = 0;
  bool is_owner_ = false;
};

}  // namespace odradek::protocol

template <>
struct std::hash<odradek::protocol::Text> {
  size_t operator()(const odradek::protocol::Text& text) const noexcept {
    return std::hash<std::string_view>{}(text.view());
  }
};

template <>
struct fmt::formatter<odradek::protocol::Text> : fmt::formatter<std::string_view> {
  auto format(const odradek::protocol::Text& text, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(text.view(), context);
  }
};
