// An id that mixes with nothing: explicit in, explicit out.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>

#include <fmt/format.h>

namespace odradek {

// `Tag` is a type never defined, naming the kind of id. Rep is an integer.
template <typename Tag, std::integral Rep>
class StrongId {
 public:
  using Raw = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep raw) : raw_(raw) {}
  [[nodiscard]] constexpr Rep raw() const { return raw_; }

  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep raw_{};
};

}  // namespace odradek

template <typename Tag, typename Rep>
struct std::hash<odradek::StrongId<Tag, Rep>> {
  size_t operator()(odradek::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.raw()); }
};

template <typename Tag, typename Rep>
struct fmt::formatter<odradek::StrongId<Tag, Rep>> : fmt::formatter<Rep> {
  auto format(odradek::StrongId<Tag, Rep> id, fmt::format_context& context) const {
    return fmt::formatter<Rep>::format(id.raw(), context);
  }
};
