#include "metadata/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace odradek::metadata {
namespace {

template <typename Map>
std::map<int, int> contents(const Map& map) {
  std::map<int, int> all;
  map.for_each([&](int key, int value) { all.emplace(key, value); });
  return all;
}

TEST(PersistentMap, BehavesAsAMapDoesAndCopiesStayAsTheyWere) {
  std::mt19937 random(7);
  PersistentMap<int, int> map;
  std::map<int, int> model;
  std::vector<std::pair<PersistentMap<int, int>, std::map<int, int>>> copies;
  for (int step = 0; step < 20'000; ++step) {
    const int key = static_cast<int>(random() % 3000);
    if (random() % 3 == 0) {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    } else {
      map.set(key, step);
      model[key] = step;
    }
    EXPECT_EQ(map.size(), model.size());
    if (step % 2000 == 0) {
      copies.emplace_back(map, model);
    }
  }
  EXPECT_EQ(contents(map), model);
  for (const auto& [copy, then] : copies) {
    EXPECT_EQ(contents(copy), then);
  }
}

TEST(PersistentMap, FindsTextByView) {
  PersistentMap<std::string, int> map;
  for (int i = 0; i < 1000; ++i) {
    map.set("topic-" + std::to_string(i), i);
  }
  ASSERT_NE(map.find(std::string_view("topic-999")), nullptr);
  EXPECT_EQ(*map.find(std::string_view("topic-999")), 999);
  EXPECT_EQ(map.find(std::string_view("topic-1000")), nullptr);
}

struct SameHash {
  size_t operator()(int) const noexcept { return 42; }
};

TEST(PersistentMap, KeysWithOneHashAllFindTheirPlace) {
  PersistentMap<int, int, SameHash> map;
  for (int i = 0; i < 100; ++i) {
    map.set(i, i);
  }
  EXPECT_EQ(map.size(), 100U);
  for (int i = 0; i < 100; i += 2) {
    EXPECT_TRUE(map.erase(i));
  }
  EXPECT_EQ(*map.find(99), 99);
  EXPECT_EQ(map.find(98), nullptr);
}

}  // namespace
}  // namespace odradek::metadata
