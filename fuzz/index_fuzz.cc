// The three index files of a segment: which one (int8), what is asked for (int64), then the file.
#include "fuzz/harness.h"
#include "runtime/sim/sim_runtime.h"
#include "storage/aborted_index.h"
#include "storage/file_formats.h"
#include "storage/offset_index.h"
#include "storage/time_index.h"

namespace odradek::fuzz {

namespace {

const std::string folder = "/d";
constexpr Offset base{1000};

storage::LazyFile the_file() { return {std::make_shared<runtime::DirectoryPath>(folder), "f", true}; }

runtime::Async<> write_file(Bytes contents) {
  runtime::FileSystem& files = runtime::Shard::current().files();
  CO_TRY(co_await files.create_directories(folder));
  co_return co_await files.replace_file(folder + "/f", std::move(contents));
}

// An index that loads answers from memory as from the file, and is the same when stored and loaded again.
template <typename Index>
runtime::Async<> check_index(uint64_t size, int64_t target, auto wanted) {
  Index on_disk(base, the_file(), size);
  const auto found = co_await on_disk.floor(wanted(target));
  const auto last = co_await on_disk.last();
  Index loaded(base, the_file(), size);
  if (!co_await loaded.table().load()) {
    co_return {};
  }
  const auto found_loaded = co_await loaded.floor(wanted(target));
  const bool has_blanks = loaded.table().count() != on_disk.table().count();
  ensure(has_blanks || (found == found_loaded && last == co_await loaded.last()),
         "an index answers from memory other than from its file");
  const auto entries = loaded.table().entries();
  CO_TRY(co_await loaded.table().store());
  Index again(base, the_file(), entries.size() * Index::Entry::size);
  CO_TRY(co_await again.table().load());
  ensure(again.table().entries() == entries, "an index changes when it is written again");
  again.truncate_to(Offset{target & INT64_MAX});
  ensure(again.table().count() <= entries.size(), "an index grows when it is cut");
  co_return {};
}

runtime::Async<> check_aborted(Bytes contents, int64_t target) {
  const auto parsed = storage::parse_aborted_index(contents);
  storage::AbortedIndex index(the_file());
  std::vector<storage::AbortedTransaction> found;
  const auto collected = co_await index.collect(Offset{0}, Offset{target}, found);
  if (!parsed) {
    co_return {};
  }
  const Bytes written = storage::encode_aborted_index(*parsed);
  ensure(storage::parse_aborted_index(written) == parsed, "an index of aborted transactions changes");
  if (collected) {
    CO_TRY(co_await index.append({.producer = ProducerId{1}, .first = Offset{5}, .last = Offset{6}, .last_stable{7}}));
    CO_TRY(co_await index.truncate_to(Offset{target}));
  }
  co_return {};
}

runtime::Async<> check(uint8_t which, int64_t target, Bytes contents) {
  CO_TRY(co_await write_file(contents));
  switch (which % 3) {
    case 0:
      co_return co_await check_index<storage::OffsetIndex>(contents.size(), target,
                                                           [](int64_t to) { return Offset{to}; });
    case 1: co_return co_await check_index<storage::TimeIndex>(contents.size(), target, [](int64_t to) { return to; });
    case 2: co_return co_await check_aborted(std::move(contents), target);
  }
  unreachable();
}

}  // namespace

void test_one_input(ByteView input) {
  Input parts(input);
  const auto which = parts.integer<uint8_t>();
  const auto any = parts.integer<int64_t>();
  // Timestamps may be anything; offsets are compared with the log's before an index is asked.
  const int64_t target = which % 3 == 1 ? any : any & INT64_MAX;
  const ByteView contents = parts.rest();
  runtime::SimRuntime sim;
  const auto checked = sim.run(check(which, target, Bytes(contents.begin(), contents.end())));
  ensure(checked.has_value(), checked ? "" : checked.error().message);
}

}  // namespace odradek::fuzz
