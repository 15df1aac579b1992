#include "storage/disk_reserve.h"

#include <memory>

#include <gtest/gtest.h>

#include "runtime/sim/sim_test.h"

namespace odradek::storage {
namespace {

constexpr uint64_t reserve_bytes = 100'000;
constexpr uint64_t disk_bytes = 10'000'000;

class DiskReserveTest : public runtime::SimTest {
 protected:
  DiskReserveTest() {
    EXPECT_TRUE(run(files().create_directories("/logs")).has_value());
    disk().faults().capacity_bytes = disk_bytes;
  }

  void look() { ASSERT_TRUE(run(reserve_.look()).has_value()); }
  bool has_file() { return *run(files().exists("/logs/.odradek-reserve")); }
  // Writes a file that leaves so much room.
  void fill(uint64_t room) {
    Bytes bytes(disk_bytes - disk().used_bytes() - room);
    ASSERT_TRUE(run(write("/logs", "big", std::move(bytes))).has_value());
  }
  static runtime::Async<> write(std::string directory, std::string name, Bytes bytes) {
    const auto path = std::make_shared<runtime::DirectoryPath>(std::move(directory));
    runtime::FileSystem& files = runtime::Shard::current().files();
    CO_TRY(const auto file, co_await files.open(path, std::move(name), runtime::OpenMode::Create));
    const std::vector<ByteView> pieces{ByteView(bytes)};
    co_return co_await file->write(0, pieces);
  }

  DiskReserve reserve_{"/logs", reserve_bytes};
};

TEST_F(DiskReserveTest, TakesItsRoomWhileThereIsMuch) {
  look();
  EXPECT_TRUE(has_file());
  EXPECT_FALSE(reserve_.is_spent());
  EXPECT_GE(disk().used_bytes(), reserve_bytes);
}

TEST_F(DiskReserveTest, IsGivenUpWhenTheDiskIsFullAndMadeAgainLater) {
  look();
  fill(0);
  look();
  EXPECT_TRUE(reserve_.is_spent());
  EXPECT_FALSE(has_file());
  EXPECT_TRUE(run(write("/logs", "checkpoint", Bytes(reserve_bytes / 2))).has_value()) << "there is room again";
  look();
  EXPECT_TRUE(reserve_.is_spent()) << "its own room does not count";
  ASSERT_TRUE(run(files().remove("/logs/big")).has_value());
  look();
  EXPECT_FALSE(reserve_.is_spent());
  EXPECT_TRUE(has_file());
}

TEST_F(DiskReserveTest, IsFoundAgainAfterARestart) {
  look();
  fill(1);
  DiskReserve next("/logs", reserve_bytes);
  ASSERT_TRUE(run(next.look()).has_value());
  EXPECT_TRUE(next.is_spent());
  EXPECT_FALSE(has_file());
}

TEST_F(DiskReserveTest, OneOfAnotherSizeIsMadeAnew) {
  look();
  DiskReserve next("/logs", reserve_bytes / 2);
  ASSERT_TRUE(run(next.look()).has_value());
  EXPECT_TRUE(has_file());
  EXPECT_LT(disk().used_bytes(), reserve_bytes);
}

TEST_F(DiskReserveTest, IsASmallPartOfASmallDisk) {
  DiskReserve large("/logs", disk_bytes);
  ASSERT_TRUE(run(large.look()).has_value());
  EXPECT_FALSE(large.is_spent());
  EXPECT_LT(disk().used_bytes(), disk_bytes / 10);
}

TEST_F(DiskReserveTest, NoneIsKeptWhereNoneIsWanted) {
  DiskReserve none("/logs", 0);
  fill(0);
  ASSERT_TRUE(run(none.look()).has_value());
  EXPECT_FALSE(none.is_spent());
  EXPECT_FALSE(has_file());
}

}  // namespace
}  // namespace odradek::storage
