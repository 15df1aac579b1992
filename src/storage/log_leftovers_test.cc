// What a cleaner left behind, at every stage. Runs on as many shards as ODRADEK_TEST_SHARDS says.
#include <gtest/gtest.h>

#include "storage/log_files.h"
#include "storage/log_fixture.h"

namespace odradek::storage {
namespace {

class LeftoversTest : public LogTest {
 protected:
  // Three segments of two batches each, stopped cleanly: bases 0, 2 and 4.
  LeftoversTest() {
    options_.compacts = true;
    create();
    for (int i = 0; i < 6; ++i) {
      if (i > 0 && i % 2 == 0) {
        EXPECT_TRUE(run(log().roll()).has_value());
      }
      append({.value_size = 20});
    }
    close();
    clean_ = file(name(0, log_suffix));
    const Bytes second = file(name(2, log_suffix));
    clean_.resize(clean_.size() / 2);  // the first batch of the first, and all of the second
    clean_.insert(clean_.end(), second.begin(), second.end());
  }
  static std::string name(int64_t base, std::string_view suffix) { return file_name(Offset{base}, suffix); }
  void put(const std::string& name, const Bytes& bytes) {
    ASSERT_TRUE(run(files().replace_file(test_log_directory + "/" + name, bytes)).has_value());
  }
  void remove(const std::string& name) {
    ASSERT_TRUE(run(files().remove(test_log_directory + "/" + name)).has_value());
  }
  std::vector<int64_t> offsets() {
    std::vector<int64_t> offsets;
    for (const ReadBatch& batch : read_all(0)) {
      offsets.push_back(batch.first.raw());
    }
    return offsets;
  }

  Bytes clean_;  // of the first two segments
};

TEST_F(LeftoversTest, AReplacementNotBegunIsForgotten) {
  put(name(0, ".log.cleaned"), clean_);
  put(name(0, ".index.cleaned"), {});
  reopen_clean();
  EXPECT_EQ(offsets(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(has_file(name(0, ".log.cleaned")));
}

TEST_F(LeftoversTest, AReplacementBegunIsCompleted) {
  put(name(0, ".log.swap"), clean_);
  put(name(0, ".index.swap"), {});
  put(name(0, ".timeindex.swap"), {});
  reopen_unclean(Offset{6});
  EXPECT_EQ(offsets(), (std::vector<int64_t>{0, 2, 3, 4, 5}));
  EXPECT_EQ(log().segment_count(), 2U);
  EXPECT_FALSE(has_file(name(0, ".log.swap")));
  EXPECT_FALSE(has_file(name(2, log_suffix)));
}

TEST_F(LeftoversTest, ItIsCompletedAlsoWhereTheOldSegmentsAreGoneAlready) {
  put(name(0, ".log.swap"), clean_);
  remove(name(0, log_suffix));
  remove(name(0, index_suffix));
  put(name(2, ".log.deleted"), Bytes(3));
  remove(name(2, log_suffix));
  reopen_unclean(Offset{6});
  EXPECT_EQ(offsets(), (std::vector<int64_t>{0, 2, 3, 4, 5}));
  EXPECT_FALSE(has_file(name(2, ".log.deleted")));
}

TEST_F(LeftoversTest, WhatItReplacedDoesNotComeBackAfterAPowerCut) {
  put(name(0, ".log.swap"), clean_);
  ASSERT_TRUE(run(files().sync_all("/data")).has_value());
  reopen_unclean(Offset{6});
  disk().crash();
  reopen_unclean(Offset{6});
  EXPECT_EQ(offsets(), (std::vector<int64_t>{0, 2, 3, 4, 5}));
}

TEST_F(LeftoversTest, PartOfASplitIsForgottenWhileAnotherPartIsNotWhole) {
  put(name(0, ".log.cleaned"), clean_);
  put(name(2, ".log.swap"), file(name(2, log_suffix)));
  reopen_clean();
  EXPECT_EQ(offsets(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(has_file(name(2, ".log.swap")));
}

TEST_F(LeftoversTest, ADamagedReplacementGoesWhereItsOriginalsAreThere) {
  clean_[clean_.size() - 1] ^= 1;
  put(name(0, ".log.swap"), clean_);
  put(name(0, ".index.swap"), Bytes(8));
  reopen_unclean(Offset{6});
  EXPECT_EQ(offsets(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_FALSE(has_file(name(0, ".index.swap")));
}

}  // namespace
}  // namespace odradek::storage
