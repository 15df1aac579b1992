// Run with ODRADEK_TEST_SHARDS shards. Kafka's own index files, looked up loaded and on disk.
#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"
#include "storage/aborted_index.h"
#include "storage/offset_index.h"
#include "storage/testdata/kafka_files.h"
#include "storage/time_index.h"

namespace odradek::storage {
namespace {

const Offset base{8'000'000};

class IndexTest : public runtime::SimTest {
 protected:
  IndexTest() { EXPECT_TRUE(run(files().create_directories("/d")).has_value()); }

  LazyFile file_of(const Bytes& bytes) {
    EXPECT_TRUE(run(files().replace_file("/d/f", bytes)).has_value());
    return {std::make_shared<runtime::DirectoryPath>("/d"), "f", true};
  }
  OffsetIndex offset_index(std::string_view hex, bool loaded) {
    const Bytes bytes = testdata::from_hex(hex);
    OffsetIndex index(base, file_of(bytes), bytes.size());
    if (loaded) {
      EXPECT_TRUE(run(index.table().load()).has_value());
    }
    return index;
  }
  OffsetIndex::Found floor(OffsetIndex& index, int64_t target) { return run(index.floor(Offset{target})).value(); }
};

TEST_F(IndexTest, OffsetIndexFindsWhatKafkaFinds) {
  for (const bool loaded : {false, true}) {
    OffsetIndex index = offset_index(testdata::offset_index, loaded);
    EXPECT_EQ(floor(index, 7'999'999), (OffsetIndex::Found{base, 0}));
    EXPECT_EQ(floor(index, 8'000'001), (OffsetIndex::Found{base, 0}));
    EXPECT_EQ(floor(index, 8'000'700), (OffsetIndex::Found{Offset{8'000'291}, 14483}));
    EXPECT_EQ(floor(index, 8'001'601), (OffsetIndex::Found{Offset{8'001'308}, 36812}));
    EXPECT_EQ(floor(index, 8'001'602), (OffsetIndex::Found{Offset{8'001'602}, 41652}));
    EXPECT_EQ(floor(index, 9'000'000), (OffsetIndex::Found{Offset{8'001'602}, 41652}));
  }
}

TEST_F(IndexTest, LoadingDropsTheZerosOfAPreallocatedFile) {
  OffsetIndex index = offset_index(testdata::offset_index_preallocated, true);
  EXPECT_EQ(index.table().count(), 7U);
  EXPECT_EQ(floor(index, 8'001'171), (OffsetIndex::Found{Offset{8'001'171}, 48313}));
  ASSERT_TRUE(run(index.table().store()).has_value());
  EXPECT_EQ(run(files().read_file("/d/f")).value().size(), 56U);
}

TEST_F(IndexTest, LargeIndexesAreSearchedOnDisk) {
  OffsetIndex index(Offset{0}, {std::make_shared<runtime::DirectoryPath>("/d"), "large", false}, 0);
  index.table().reset();
  for (int64_t i = 1; i <= 10'000; ++i) {
    index.append(Offset{i * 10}, static_cast<uint64_t>(i) * 100);
  }
  ASSERT_TRUE(run(index.table().store()).has_value());
  index.table().unload();
  ASSERT_FALSE(index.table().is_loaded());
  for (const int64_t target : {0, 9, 10, 11, 4999, 50'000, 99'999, 100'000, 200'000}) {
    const int64_t entry = std::min<int64_t>(target / 10, 10'000);
    EXPECT_EQ(floor(index, target), (OffsetIndex::Found{Offset{entry * 10}, static_cast<uint64_t>(entry) * 100}));
  }
}

TEST_F(IndexTest, TimeIndexFindsWhatKafkaFinds) {
  const Bytes bytes = testdata::from_hex(testdata::time_index);
  for (const bool loaded : {false, true}) {
    TimeIndex index(base, file_of(bytes), bytes.size());
    if (loaded) {
      ASSERT_TRUE(run(index.table().load()).has_value());
    }
    EXPECT_EQ(run(index.floor(1'760'000'060'000)).value(), (TimeIndex::Found{no_timestamp, base}));
    EXPECT_EQ(run(index.floor(1'760'000'150'000)).value(), (TimeIndex::Found{1'760'000'083'308, Offset{8'000'307}}));
    EXPECT_EQ(run(index.floor(1'760'000'513'717)).value(), (TimeIndex::Found{1'760'000'416'091, Offset{8'001'040}}));
    EXPECT_EQ(run(index.last()).value(), (TimeIndex::Found{1'760'000'513'718, Offset{8'001'444}}));
  }
}

TEST_F(IndexTest, NothingIsEnteredThatReadsAsNothing) {
  TimeIndex index(base, file_of({}), 0);
  index.table().reset();
  index.append_if_larger(0, base);
  EXPECT_EQ(index.table().count(), 0U);
  index.append_if_larger(0, base + 1);
  index.append_if_larger(5, base + 1);
  EXPECT_EQ(index.table().count(), 2U);
}

TEST_F(IndexTest, ForeignBytesAreNoIndex) {
  EXPECT_EQ(run([](IndexTest&, LazyFile file) -> runtime::Async<> {
              OffsetIndex index(base, std::move(file), 16);
              co_return co_await index.table().load();
            }(*this, file_of(Bytes{0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 10})))
                .error()
                .code,
            Errc::CorruptMessage);
}

TEST_F(IndexTest, AbortedIndexGivesWhatOverlaps) {
  AbortedIndex index(file_of(testdata::from_hex(testdata::transaction_index)));
  std::vector<AbortedTransaction> found;
  EXPECT_FALSE(run(index.collect(Offset{8'000'060}, Offset{8'000'500}, found)).value());
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0], (AbortedTransaction{ProducerId{7'553'629'487'965'170'219}, Offset{8'000'046}, Offset{8'000'068},
                                          Offset{8'000'029}}));
  found.clear();
  EXPECT_TRUE(run(index.collect(Offset{8'000'000}, Offset{8'000'040}, found)).value());
  EXPECT_EQ(found.size(), 1U);
}

TEST_F(IndexTest, AbortedIndexWritesKafkasBytes) {
  const Bytes bytes = testdata::from_hex(testdata::transaction_index);
  AbortedIndex theirs(file_of(bytes));
  std::vector<AbortedTransaction> all;
  ASSERT_TRUE(run(theirs.collect(Offset{0}, Offset{INT64_MAX}, all)).has_value());
  AbortedIndex ours({std::make_shared<runtime::DirectoryPath>("/d"), "ours", false});
  for (const AbortedTransaction& entry : all) {
    ASSERT_TRUE(run(ours.append(entry)).has_value());
  }
  EXPECT_EQ(run(files().read_file("/d/ours")).value(), bytes);
  ASSERT_TRUE(run(ours.truncate_to(Offset{8'000'068})).has_value());
  EXPECT_EQ(run(files().read_file("/d/ours")).value().size(), 34U);
}

}  // namespace
}  // namespace odradek::storage
