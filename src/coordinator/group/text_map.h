// Maps by name that are searched with a view of one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace odradek::coordinator {

struct TextHash {
  using is_transparent = void;
  [[nodiscard]] size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace odradek::coordinator
