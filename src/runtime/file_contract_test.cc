#include "runtime/file.h"

#include <string>
#include <vector>

#include "runtime/runtime_fixture.h"

// Runs with ODRADEK_TEST_SHARDS shards.
namespace odradek::runtime {
namespace {

CONTRACT_SUITE(FileContract);

Task<std::unique_ptr<File>> opened(World& world, std::string name, OpenMode mode = OpenMode::Create) {
  auto file = co_await world.files().open(world.open_directory(), std::move(name), mode);
  ensure(file.has_value(), "the test's file opens");
  co_return *std::move(file);
}

Task<std::string> text_at(File& file, uint64_t position, size_t size) {
  Bytes bytes(size);
  const auto count = co_await file.read(position, bytes);
  EXPECT_TRUE(count.has_value());
  co_return std::string(as_text(bytes).substr(0, count.value_or(0)));
}

Task<void> write_text(File& file, uint64_t position, std::string text) {
  const auto written = co_await file.write(position, {as_bytes(text)});
  EXPECT_TRUE(written.has_value());
}

CONTRACT_TEST(FileContract, ReadsBackPiecesAndStopsAtTheEnd) {
  const auto file = co_await opened(world, "a");
  const auto written = co_await file->write(0, {as_bytes("hello"), as_bytes(""), as_bytes(", world")});
  EXPECT_TRUE(written.has_value());
  const std::string all = co_await text_at(*file, 0, 100);
  EXPECT_EQ(all, "hello, world");
  const std::string tail = co_await text_at(*file, 7, 3);
  EXPECT_EQ(tail, "wor");
  const std::string beyond = co_await text_at(*file, 12, 3);
  EXPECT_EQ(beyond, "");
}

CONTRACT_TEST(FileContract, ManyPiecesAreWrittenInOrder) {
  const auto file = co_await opened(world, "a");
  std::vector<std::string> texts;
  std::vector<ByteView> pieces;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    texts.push_back(std::to_string(i) + ",");
    expected += texts.back();
  }
  for (const std::string& text : texts) {
    pieces.push_back(as_bytes(text));
  }
  const auto written = co_await file->write(0, pieces);
  EXPECT_TRUE(written.has_value());
  const std::string all = co_await text_at(*file, 0, expected.size() + 1);
  EXPECT_EQ(all, expected);
}

CONTRACT_TEST(FileContract, TruncationCutsAndExtendsWithZeros) {
  const auto file = co_await opened(world, "a");
  co_await write_text(*file, 0, "abcdef");
  EXPECT_TRUE((co_await file->truncate(3)).has_value());
  EXPECT_TRUE((co_await file->truncate(5)).has_value());
  EXPECT_TRUE((co_await file->sync()).has_value());
  const auto size = co_await file->size();
  EXPECT_EQ(size.value_or(0), 5U);
  const std::string all = co_await text_at(*file, 0, 10);
  EXPECT_EQ(all, std::string("abc\0\0", 5));
}

CONTRACT_TEST(FileContract, OpenModesKeepTheirWord) {
  const auto directory = world.open_directory();
  const auto missing = co_await world.files().open(directory, "a", OpenMode::Read);
  EXPECT_EQ(missing.error().code, Errc::NotFound);
  const auto missing_too = co_await world.files().open(directory, "a", OpenMode::Write);
  EXPECT_EQ(missing_too.error().code, Errc::NotFound);
  const auto made = co_await world.files().open(directory, "a", OpenMode::CreateNew);
  EXPECT_TRUE(made.has_value());
  const auto again = co_await world.files().open(directory, "a", OpenMode::CreateNew);
  EXPECT_EQ(again.error().code, Errc::AlreadyExists);
  const auto kept = co_await world.files().open(directory, "a", OpenMode::Create);
  EXPECT_TRUE(kept.has_value());
}

CONTRACT_TEST(FileContract, AFileFollowsItsOwnAndItsDirectorysRename) {
  auto& files = world.files();
  EXPECT_TRUE((co_await files.create_directories(world.directory() + "/p-0")).has_value());
  const auto directory = std::make_shared<DirectoryPath>(world.directory() + "/p-0");
  auto file = co_await files.open(directory, "a", OpenMode::Create);
  co_await write_text(**file, 0, "kept");
  EXPECT_TRUE((co_await (*file)->rename("b")).has_value());
  EXPECT_EQ((*file)->name(), "b");
  EXPECT_TRUE((co_await files.rename(world.directory() + "/p-0", world.directory() + "/p-0-delete")).has_value());
  directory->set(world.directory() + "/p-0-delete");
  // Enough others that a descriptor is closed in between.
  std::vector<std::unique_ptr<File>> others;
  for (int i = 0; i < 64; ++i) {
    others.push_back(co_await opened(world, "other" + std::to_string(i)));
  }
  const std::string all = co_await text_at(**file, 0, 10);
  EXPECT_EQ(all, "kept");
}

CONTRACT_TEST(FileContract, MoreFilesThanDescriptorsStayUsable) {
  std::vector<std::unique_ptr<File>> files;
  for (int i = 0; i < 100; ++i) {
    files.push_back(co_await opened(world, std::to_string(i)));
    co_await write_text(*files.back(), 0, "file " + std::to_string(i));
  }
  for (int i = 99; i >= 0; --i) {
    const std::string text = co_await text_at(*files[static_cast<size_t>(i)], 0, 100);
    EXPECT_EQ(text, "file " + std::to_string(i));
  }
}

CONTRACT_TEST(FileContract, ARangeOutlivesItsFile) {
  auto file = co_await opened(world, "a");
  co_await write_text(*file, 0, "0123456789");
  auto range = co_await file->range(2, 6);
  EXPECT_TRUE(range.has_value());
  EXPECT_FALSE(range->in_memory());
  file.reset();
  EXPECT_TRUE((co_await world.files().remove(world.directory() + "/a")).has_value());
  const auto bytes = co_await read_blob(range->slice(1, 3));
  EXPECT_EQ(as_text(*bytes), "345");
  const auto short_one = co_await read_blob(Blob(range->file(), 8, 6));
  EXPECT_EQ(short_one.error().code, Errc::Io);
}

CONTRACT_TEST(FileContract, DirectoriesListTheirEntriesByName) {
  auto& files = world.files();
  const std::string top = world.directory() + "/top";
  EXPECT_TRUE((co_await files.create_directories(top + "/b/c")).has_value());
  EXPECT_TRUE((co_await files.replace_file(top + "/a", Bytes(7))).has_value());
  const auto entries = co_await files.list(top);
  EXPECT_TRUE(entries.has_value());
  EXPECT_EQ(entries->size(), 2U);
  EXPECT_EQ(entries->at(0).name, "a");
  EXPECT_EQ(entries->at(0).kind, EntryKind::File);
  EXPECT_EQ(entries->at(0).size, 7U);
  EXPECT_EQ(entries->at(1).name, "b");
  EXPECT_EQ(entries->at(1).kind, EntryKind::Directory);
  EXPECT_TRUE((co_await files.remove_all(top)).has_value());
  EXPECT_TRUE((co_await files.remove_all(top)).has_value());
  const auto there = co_await files.exists(top + "/b");
  EXPECT_FALSE(there.value_or(true));
  const auto gone = co_await files.list(top);
  EXPECT_EQ(gone.error().code, Errc::NotFound);
  const auto nothing = co_await files.remove(top + "/a");
  EXPECT_EQ(nothing.error().code, Errc::NotFound);
}

CONTRACT_TEST(FileContract, ReplacingAFileLeavesNoTemporary) {
  auto& files = world.files();
  const std::string path = world.directory() + "/checkpoint";
  const std::string second = "second";
  EXPECT_TRUE((co_await files.replace_file(path, Bytes(1000))).has_value());
  EXPECT_TRUE((co_await files.replace_file(path, Bytes(second.begin(), second.end()))).has_value());
  const auto contents = co_await files.read_file(path);
  EXPECT_EQ(as_text(*contents), second);
  const auto refused = co_await files.read_file(path, 5);
  EXPECT_EQ(refused.error().code, Errc::CorruptMessage);
  const auto entries = co_await files.list(world.directory());
  EXPECT_EQ(entries->size(), 1U);
}

CONTRACT_TEST(FileContract, ALockIsHeldOnceUntilItGoes) {
  const std::string path = world.directory() + "/.lock";
  auto lock = co_await world.files().lock(path);
  EXPECT_TRUE(lock.has_value());
  const auto second = co_await world.files().lock(path);
  EXPECT_EQ(second.error().code, Errc::Locked);
  lock->reset();
  const auto third = co_await world.files().lock(path);
  EXPECT_TRUE(third.has_value());
}

CONTRACT_TEST(FileContract, SpaceIsKnown) {
  const auto space = co_await world.files().space(world.directory());
  EXPECT_TRUE(space.has_value());
  EXPECT_GT(space->total_bytes, 0U);
  EXPECT_LE(space->usable_bytes, space->total_bytes);
}

}  // namespace
}  // namespace odradek::runtime
