// Kafka's 128-bit ids: 16 bytes, most significant first; in text, base64url without padding (22 characters).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/result.h"

namespace odradek {

class Uuid {
 public:
  static constexpr size_t byte_size = 16;

  constexpr Uuid() = default;
  constexpr Uuid(uint64_t most, uint64_t least) : most_(most), least_(least) {}

  [[nodiscard]] static Uuid from_bytes(std::span<const uint8_t, byte_size> bytes);

  // Accepts what Kafka accepts: at most 24 characters of base64url, with or without padding, that decode to 16
  // bytes. Errc::InvalidRequest otherwise.
  [[nodiscard]] static Result<Uuid> parse(std::string_view text);

  [[nodiscard]] std::array<uint8_t, byte_size> bytes() const;
  [[nodiscard]] std::string text() const;

  [[nodiscard]] constexpr uint64_t most() const { return most_; }
  [[nodiscard]] constexpr uint64_t least() const { return least_; }
  [[nodiscard]] constexpr bool is_zero() const { return most_ == 0 && least_ == 0; }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  uint64_t most_ = 0;
  uint64_t least_ = 0;
};

}  // namespace odradek

template <>
struct std::hash<odradek::Uuid> {
  size_t operator()(const odradek::Uuid& id) const noexcept { return id.most() ^ (id.least() * 0x9E3779B97F4A7C15ULL); }
};

template <>
struct fmt::formatter<odradek::Uuid> : fmt::formatter<std::string_view> {
  auto format(const odradek::Uuid& id, fmt::format_context& context) const {
    return fmt::formatter<std::string_view>::format(id.text(), context);
  }
};
