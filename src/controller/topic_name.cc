#include "controller/topic_name.h"

#include <algorithm>

#include <fmt/format.h>

namespace odradek::controller {

namespace {

constexpr size_t name_size_max = 249;  // leaves room for "-<partition>.<id>-delete" in a directory's name

bool is_legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

Result<> check_topic_name(std::string_view name) {
  if (name.empty()) {
    return fail(Errc::InvalidTopic, "Topic name is invalid: the empty string is not allowed");
  }
  if (name == "." || name == "..") {
    return fail(Errc::InvalidTopic, fmt::format("Topic name is invalid: '{}' is not allowed", name));
  }
  if (name.size() > name_size_max) {
    return fail(Errc::InvalidTopic, fmt::format("Topic name is invalid: the length of '{}' is longer than the max "
                                                "allowed length {}",
                                                name, name_size_max));
  }
  if (!std::ranges::all_of(name, is_legal)) {
    return fail(Errc::InvalidTopic,
                fmt::format("Topic name is invalid: '{}' contains one or more characters other than "
                            "ASCII alphanumerics, '.', '_' and '-'",
                            name));
  }
  return {};
}

bool may_collide(std::string_view name) { return name.find_first_of("._") != std::string_view::npos; }

std::string collision_key(std::string_view name) {
  std::string key(name);
  std::ranges::replace(key, '.', '_');
  return key;
}

}  // namespace odradek::controller
