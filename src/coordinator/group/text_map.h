// Maps by name that are searched with a view of one.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/unordered/unordered_flat_map.hpp>

namespace odradek::coordinator {

struct TextHash {
  using is_transparent = void;
  [[nodiscard]] size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// The same for what is looked up with every request: fewer reads of memory. What is inserted moves the others.
template <typename T>
using FlatTextMap = boost::unordered_flat_map<std::string, T, TextHash, std::equal_to<>>;

}  // namespace odradek::coordinator
