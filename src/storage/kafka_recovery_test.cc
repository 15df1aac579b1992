// Partition directories that Apache Kafka 4.3.1 wrote, damaged in many ways: we open each and end where Kafka's own
// recovery ended.
//
// testdata/recovered.tsv.gz has a line per variant: the directory, how it was stopped, the clean-up policy, recovery
// point, log start, what was done to its files, and what Kafka's log manager made of it: start and end offset,
// producers (id:epoch:last offset:first offset of the open transaction) and files (name:size:CRC-32; indexes without
// blanks).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <fmt/ranges.h>

#include "base/crc32c.h"
#include "record/batch_reader.h"
#include "runtime/sim/sim_test.h"
#include "storage/kafka_directory_fixture.h"
#include "storage/log_files.h"
#include "storage/partition_log.h"

namespace odradek::storage {
namespace {

using Files = std::map<std::string, Bytes>;

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) {
    parts.push_back(part);
  }
  return parts;
}

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// One damage: a verb, the file, and the rest.
struct Damage {
  explicit Damage(const std::string& text) : words(split(text, ' ')) {}
  std::vector<std::string> words;

  // The sizes to which a `cut` cuts, one after the other: "5" or "5..9".
  [[nodiscard]] std::pair<size_t, size_t> range() const {
    if (words.at(0) != "cut") {
      return {0, 1};
    }
    const size_t first = std::stoul(words.at(2));
    const size_t dots = words.at(2).find("..");
    return {first, dots == std::string::npos ? first + 1 : std::stoul(words.at(2).substr(dots + 2))};
  }
  void apply(Files& files, size_t size) const {
    const std::string& verb = words.at(0);
    Bytes& file = files[words.at(1)];
    const std::string last = words.size() > 2 ? words.at(2) : "";
    if (verb == "cut") {
      file.resize(size);
    } else if (verb == "append") {
      const Bytes more = from_hex(last);
      file.insert(file.end(), more.begin(), more.end());
    } else if (verb == "write") {
      file = from_hex(last);
    } else if (verb == "flip") {
      file.at(std::stoul(last)) ^= 0x55;
    } else if (verb == "copy") {
      files[last] = file;
    } else {
      if (verb == "rename") {
        files[last] = file;
      }
      files.erase(words.at(1));
    }
  }
};

struct Variant {
  explicit Variant(const std::string& text) : line(text.substr(0, text.rfind('\t'))) {
    const auto columns = split(text, '\t');
    directory = columns.at(0);
    was_clean = columns.at(1) == "clean";
    compacts = columns.at(2) == "compact";
    recovery_point = Offset{std::stol(columns.at(3))};
    start = Offset{std::stol(columns.at(4))};
    for (const std::string& damage : split(columns.at(5), ';')) {
      damages.emplace_back(damage.substr(damage.find_first_not_of(' ')));
    }
    expected = columns.at(6);
  }
  // What lies below the recovery point is not read again: what rots there is found when it is served. Kafka reads the
  // whole segment in which the recovery point lies, and cuts off what is good behind the rot.
  [[nodiscard]] bool is_rotten() const {
    return !was_clean && recovery_point > Offset{0} && line.find("flip") != std::string::npos;
  }
  [[nodiscard]] bool damages_epochs() const { return line.find(epochs_file) != std::string::npos; }

  std::string line;
  std::string directory;
  bool was_clean;
  bool compacts;
  Offset recovery_point;
  Offset start;
  std::vector<Damage> damages;
  std::string expected;
};

Bytes without_blanks(const std::string& name, Bytes bytes) {
  const size_t entry = name.ends_with(index_suffix) ? 8 : name.ends_with(time_index_suffix) ? 12 : 0;
  const auto is_blank = [&] {
    return entry > 0 && bytes.size() >= entry &&
           std::ranges::all_of(ByteView(bytes).last(entry), [](uint8_t byte) { return byte == 0; });
  };
  while (is_blank()) {
    bytes.resize(bytes.size() - entry);
  }
  return bytes;
}

bool is_compared(const std::string& name) {
  return name.ends_with(log_suffix) || name.ends_with(index_suffix) || name.ends_with(time_index_suffix) ||
         name.ends_with(aborted_index_suffix);
}

runtime::Async<std::string> described_files() {
  runtime::FileSystem& disk = runtime::Shard::current().files();
  std::string text;
  CO_TRY(const auto entries, co_await disk.list("/data/p-0"));
  for (const runtime::DirectoryEntry& entry : entries) {
    if (is_compared(entry.name)) {
      CO_TRY(Bytes bytes, co_await disk.read_file("/data/p-0/" + entry.name));
      bytes = without_blanks(entry.name, std::move(bytes));
      if (!bytes.empty()) {
        text += fmt::format("{}{}:{}:{:x}", text.empty() ? "" : ",", entry.name, bytes.size(), crc32(bytes));
      }
    }
  }
  co_return text;
}

std::string described_producers(const ProducerTable& table) {
  std::map<ProducerId, ProducerState> sorted(table.producers().begin(), table.producers().end());
  std::string text;
  for (const auto& [id, state] : sorted) {
    text += fmt::format("{}{}:{}:{}:{}", text.empty() ? "" : ",", id, state.epoch, state.last_offset(),
                        state.transaction_first.value_or(Offset{-1}));
  }
  return text.empty() ? "-" : text;
}

// We keep the epoch of a leader that wrote nothing yet; Kafka learns it again.
std::string described_epochs(const PartitionLog& log) {
  std::string text;
  for (const EpochStart& entry : log.epochs().entries()) {
    if (entry.start < log.end_offset()) {
      text += fmt::format("{}{}@{}", text.empty() ? "" : ",", entry.epoch, entry.start);
    }
  }
  return text.empty() ? "-" : text;
}

// Every batch is there and whole.
runtime::Async<> read_all(PartitionLog* log) {
  for (Offset from = log->start_offset(); from < log->end_offset();) {
    CO_TRY(const ReadResult read, co_await log->read(from, 1 << 20, log->end_offset(), true));
    EXPECT_FALSE(read.records.empty());
    CO_TRY(const Bytes bytes, co_await runtime::read_blob(read.records));
    record::BatchScanner scanner(bytes);
    for (;;) {
      CO_TRY(const auto entry, scanner.next());
      if (!entry) {
        break;
      }
      CO_TRY(record::check_batch(entry->bytes));
      from = entry->header.next_offset();
    }
    if (bytes.empty()) {
      break;
    }
  }
  co_return {};
}

runtime::Async<std::string> recover(Files files, const Variant* variant) {
  runtime::FileSystem& disk = runtime::Shard::current().files();
  CO_TRY(co_await disk.create_directories("/data/p-0"));
  for (auto& [name, bytes] : files) {
    CO_TRY(co_await disk.replace_file("/data/p-0/" + name, std::move(bytes)));
  }
  LogOptions options;
  options.compacts = variant->compacts;
  options.index_interval_bytes = 128;
  options.producer_expiration = std::chrono::hours(1'000'000);
  CO_TRY(const auto log, co_await PartitionLog::open({.directory = "/data/p-0",
                                                      .partition = {"p", PartitionIndex{0}},
                                                      .was_clean = variant->was_clean,
                                                      .recovery_point = variant->recovery_point,
                                                      .start_offset = variant->start},
                                                     options));
  std::string told = fmt::format("{} {} {} {}", log->start_offset(), log->end_offset(),
                                 described_producers(log->producers()), described_epochs(*log));
  if (!variant->is_rotten()) {
    CO_TRY(co_await read_all(log.get()));
  }
  CO_TRY(co_await log->close());
  CO_TRY(const std::string files_told, co_await described_files());
  co_return told + " " + files_told;
}

// start, end, producers, epochs, files
struct Outcome {
  explicit Outcome(const std::string& text) : words(split(text, ' ')) { words.resize(5); }
  std::vector<std::string> words;

  // Of a log that was not read as a whole: what its indexes hold depends on what was trusted.
  [[nodiscard]] Outcome without_indexes() const {
    Outcome logs = *this;
    logs.words[4].clear();
    for (const std::string& file : split(words[4], ',')) {
      if (file.substr(0, file.find(':')).ends_with(log_suffix)) {
        logs.words[4] += file + ",";
      }
    }
    return logs;
  }
  [[nodiscard]] Outcome with_epochs_of(const Outcome& other) const {
    Outcome same = *this;
    same.words[3] = other.words[3];
    return same;
  }
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

class KafkaRecovery : public ::testing::Test {
 protected:
  Files files_of(const std::string& directory) {
    Files& known = known_[directory];
    if (known.empty()) {
      known = directories_.files_of(directory);
    }
    return known;
  }
  std::string outcome(const Variant& variant, size_t size) {
    Files files = files_of(variant.directory);
    for (const Damage& damage : variant.damages) {
      damage.apply(files, size);
    }
    runtime::SimRuntime sim;
    const auto told = sim.run(recover(std::move(files), &variant));
    EXPECT_TRUE(told.has_value()) << told.error().message;
    return told.value_or("");
  }
  // We end where Kafka ends; or, where Kafka loses what is there, with all of it.
  void check(const Variant& variant) {
    size_t first = 0;
    size_t end = 1;
    for (const Damage& damage : variant.damages) {
      std::tie(first, end) = damage.range();
    }
    Outcome expected(variant.expected);
    Outcome whole(whole_);
    for (size_t size = first; size < end; ++size) {
      Outcome told(outcome(variant, size));
      if (variant.was_clean || variant.recovery_point > Offset{0}) {
        told = told.without_indexes();
        expected = expected.without_indexes();
        whole = whole.without_indexes();
      }
      if (variant.is_rotten() && told != expected) {
        told.words[4] = whole.words[4];
      }
      if (variant.damages_epochs() && !variant.expected.starts_with("failed")) {
        EXPECT_TRUE(variant.was_clean || told.words[3] != "-") << variant.line;
        told = told.with_epochs_of(expected);
      }
      if (told == expected) {
        ++as_kafka_;
      } else if (told == (variant.damages_epochs() ? whole.with_epochs_of(told) : whole)) {
        ++with_all_;
      } else {
        ADD_FAILURE() << variant.line << "\n  cut at " << size << "\n  ours    "
                      << fmt::format("{}", fmt::join(told.words, " ")) << "\n  Kafka's " << variant.expected;
        return;
      }
    }
  }

  KafkaDirectories directories_;
  std::map<std::string, Files> known_;
  std::string whole_;  // the outcome of the last variant without damage
  size_t as_kafka_ = 0;
  size_t with_all_ = 0;
};

TEST_F(KafkaRecovery, EndsWhereKafkasEndsOrLosesLess) {
  for (const std::string& line : KafkaDirectories::lines_of("recovered.tsv.gz")) {
    const Variant variant(line);
    if (variant.damages.empty()) {
      whole_ = variant.expected;
    }
    check(variant);
  }
  EXPECT_GT(as_kafka_, 4900U);
  EXPECT_LT(with_all_, 80U);
}

}  // namespace
}  // namespace odradek::storage
