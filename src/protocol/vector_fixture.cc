#include "protocol/vector_fixture.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include <gtest/gtest.h>
#include <zlib.h>
#include <boost/json/parse.hpp>

namespace odradek::protocol {

namespace json = boost::json;

namespace {

// Neighbours in the order of doubles are neighbours as integers, for numbers of one sign.
bool nearly_equal(double a, double b) {
  const auto distance = std::bit_cast<int64_t>(a) - std::bit_cast<int64_t>(b);
  return a == b || (distance >= -1 && distance <= 1);
}

std::string read_gzip(const std::filesystem::path& file) {
  std::string text;
  const gzFile in = gzopen(file.c_str(), "rb");
  EXPECT_NE(in, nullptr) << file;
  if (in == nullptr) {
    return text;
  }
  char buffer[65536];
  int size = 0;
  while ((size = gzread(in, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<size_t>(size));
  }
  EXPECT_EQ(size, 0) << file << " is cut";
  gzclose(in);
  return text;
}

bool same_array(const json::array& a, const json::array& b) { return std::ranges::equal(a, b, same_json); }

bool same_object(const json::object& a, const json::object& b) {
  if (a.size() != b.size()) {
    return false;
  }
  return std::ranges::all_of(a, [&](const auto& entry) {
    const json::value* other = b.if_contains(entry.key());
    return other != nullptr && same_json(entry.value(), *other);
  });
}

}  // namespace

void for_each_vector(const std::filesystem::path& file, const std::function<void(const json::object&)>& check) {
  const std::string text = read_gzip(file);
  EXPECT_FALSE(text.empty()) << file;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const json::value line = json::parse(std::string_view(text).substr(start, end - start));
    check(line.as_object());
    start = end + 1;
  }
}

bool same_json(const json::value& a, const json::value& b) {
  if (a.is_object() && b.is_object()) {
    return same_object(a.get_object(), b.get_object());
  }
  if (a.is_array() && b.is_array()) {
    return same_array(a.get_array(), b.get_array());
  }
  if (a.is_double() || b.is_double()) {
    return a.is_number() && b.is_number() && nearly_equal(a.to_number<double>(), b.to_number<double>());
  }
  return a == b;
}

std::optional<std::filesystem::path> reference() {
  const char* path = std::getenv("ODRADEK_REFERENCE");
  if (path == nullptr) {
    return std::nullopt;
  }
  return path;
}

std::filesystem::path testdata() { return std::filesystem::path(__FILE__).parent_path() / "testdata"; }

}  // namespace odradek::protocol
