// What Kafka wrote, through the codec: the sets kept in the project, and all vectors where ODRADEK_REFERENCE names
// them.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>

#include "base/big_endian.h"
#include "cli/codec_fixture.h"
#include "protocol/byte_text.h"
#include "protocol/vector_fixture.h"
#include "record/batch_header.h"
#include "record/batch_reader.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

using Files = std::vector<std::filesystem::path>;

const std::filesystem::path source_folder = std::filesystem::path(__FILE__).parent_path().parent_path();

// The files of the reference's folders; without a reference, `kept` (paths below src).
Files vectors(const std::vector<std::string>& folders, const std::vector<std::string>& kept) {
  Files files;
  if (const auto reference = protocol::reference()) {
    for (const std::string& folder : folders) {
      for (const auto& entry : std::filesystem::directory_iterator(*reference / "vectors" / folder)) {
        if (entry.path().extension() == ".gz") {
          files.push_back(entry.path());
        }
      }
    }
    return files;
  }
  std::cerr << "ODRADEK_REFERENCE is not set: only the vectors kept in the project are tested\n";
  for (const std::string& path : kept) {
    files.push_back(source_folder / path);
  }
  return files;
}

void for_each(const Files& files, std::string_view kind_end, const std::function<void(const json::object&)>& check) {
  size_t count = 0;
  for (const std::filesystem::path& file : files) {
    protocol::for_each_vector(file, [&](const json::object& vector) {
      if (vector.at("kind").as_string().ends_with(kind_end)) {
        SCOPED_TRACE(json::serialize(vector).substr(0, 200));
        ++count;
        check(vector);
      }
    });
  }
  EXPECT_GT(count, 0U) << "no vectors of this kind";
}

Files batches() { return vectors({"batches"}, {"record/testdata/batches.jsonl", "record/testdata/broken.jsonl"}); }
Files files() { return vectors({"files"}, {"cli/testdata/files.jsonl"}); }

bool is_exact(const json::object& vector) {
  const json::value* exact = vector.if_contains("exact");
  return exact == nullptr || exact->as_bool();
}

void expect_same(const json::object& answer, const json::object& expected) {
  ASSERT_FALSE(answer.contains("error")) << json::serialize(answer.at("error"));
  EXPECT_TRUE(protocol::same_json(answer.at("json"), expected)) << json::serialize(answer.at("json")) << "\n"
                                                                << json::serialize(expected);
}

// A snapshot whose batches are compressed.
bool is_compressed(const json::object& contents) {
  const json::value* batches = contents.if_contains("batches");
  return batches != nullptr && batches->at(0).at("compression").as_string() != "none";
}

// Gives the first batch of a stretch, if it is one of format v2, the checksum that belongs to it.
void seal(Bytes& bytes) {
  record::BatchScanner scanner(bytes);
  const auto entry = scanner.next();
  if (entry && *entry && (*entry)->header.magic == 2) {
    const ByteView batch = (*entry)->bytes;
    store_big_endian(bytes.data() + record::crc_at, record::batch_crc(batch.first(record::batch_header_size),
                                                                      batch.subspan(record::batch_header_size)));
  }
}

}  // namespace

TEST(CodecVectors, MessagesHaveKafkasJsonAndTheirOwnBytes) {
  const Files all = vectors({"messages", "records", "headers"},
                            {"protocol/testdata/messages.jsonl.gz", "protocol/testdata/records.jsonl.gz",
                             "protocol/testdata/headers.jsonl.gz"});
  for_each(all, "", [](const json::object& vector) {
    if (!vector.contains("json")) {
      return;  // a frame
    }
    const json::object answer = ask_codec(vector);
    expect_same(answer, vector.at("json").as_object());
    EXPECT_EQ(answer.at("bytes"), vector.at("bytes"));
    EXPECT_EQ(answer.at("bytesLeft"), 0);
  });
}

TEST(CodecVectors, FramesComeBackWhole) {
  if (!protocol::reference()) {
    GTEST_SKIP() << "ODRADEK_REFERENCE is not set";
  }
  for_each(vectors({"headers"}, {}), "-frame", [](const json::object& vector) {
    const json::object answer = ask_codec(vector);
    ASSERT_FALSE(answer.contains("error")) << json::serialize(answer);
    EXPECT_EQ(answer.at("bytes"), vector.at("bytes"));
    EXPECT_EQ(answer.at("header").at("correlationId"), vector.at("correlationId"));
  });
}

TEST(CodecVectors, OddMessagesAreTakenAsKafkaTakesThem) {
  for_each(vectors({"messages-odd"}, {"protocol/testdata/odd.jsonl.gz"}), "", [](const json::object& vector) {
    const json::object answer = ask_codec(vector);
    if (!vector.at("accepted").as_bool()) {
      EXPECT_TRUE(answer.contains("error"));
      return;
    }
    expect_same(answer, vector.at("json").as_object());
    EXPECT_EQ(answer.at("bytesLeft"), vector.at("bytesLeft"));
    const json::value* rewritten = vector.if_contains("rewritten");
    EXPECT_EQ(json::value_to<std::string>(answer.at("bytes")),
              rewritten != nullptr ? json::value_to<std::string>(*rewritten)
                                   : without_last(vector.at("bytes"), vector.at("bytesLeft")));
  });
}

TEST(CodecVectors, BatchesHaveKafkasJsonAndTheirOwnBytes) {
  for_each(batches(), "batch", [](const json::object& vector) {
    if (vector.at("kind").as_string() != "batch") {
      return;
    }
    const json::object& expected = vector.at("json").as_object();
    const json::object answer = ask_codec(vector);
    expect_same(answer, expected);
    EXPECT_EQ(answer.at("bytesLeft"), expected.at("bytesLeft"));
    if (is_exact(vector)) {
      EXPECT_EQ(json::value_to<std::string>(answer.at("bytes")),
                without_last(vector.at("bytes"), expected.at("bytesLeft")));
    }
    // The compressed bytes are the library's; what is in them is not.
    const json::object again = ask_codec({{"kind", "batch"}, {"bytes", answer.at("bytes")}});
    json::object whole = expected;
    whole["bytesLeft"] = 0;
    EXPECT_TRUE(protocol::same_json(uncompressed(again.at("json").as_object()), uncompressed(std::move(whole))));
  });
}

TEST(CodecVectors, BrokenBatchesFailWhereTheyDoInKafka) {
  for_each(batches(), "broken-batch", [](const json::object& vector) {
    const json::object answer = ask_codec(vector);
    if (vector.at("json").at("error").is_null()) {
      EXPECT_FALSE(answer.contains("error")) << json::serialize(answer);
      EXPECT_EQ(answer.at("json").at("batches").as_array().size(), vector.at("json").at("batches").to_number<size_t>());
      return;
    }
    ASSERT_TRUE(answer.contains("error")) << json::serialize(answer);
    EXPECT_EQ(answer.at("where"), vector.at("json").at("where"));
  });
}

TEST(CodecVectors, FilesHaveTheirMeaningAndTheirOwnBytes) {
  for_each(files(), "file", [](const json::object& vector) {
    json::object expected = vector.at("json").as_object();
    // These say how the file is used, not what is in it.
    expected.erase("lookups");
    expected.erase("note");
    const json::object answer = ask_codec(vector);
    expect_same(answer, expected);
    // The order and the comment of properties have no meaning.
    if (vector.at("file").as_string() != "meta.properties" && !is_compressed(expected)) {
      EXPECT_EQ(json::value_to<std::string>(answer.at("bytes")),
                without_last(vector.at("bytes"), answer.at("bytesLeft")));
    }
  });
}

TEST(CodecVectors, DamagedBatchesAndFilesAlwaysGetAnAnswer) {
  std::mt19937 random(20260101);
  const auto damage = [&](const json::object& vector) {
    const json::string whole = vector.at("bytes").as_string();
    for (int round = 0; round < 12 && !whole.empty(); ++round) {
      json::object line = vector;
      json::string& digits = line["bytes"].as_string();
      digits[random() % digits.size()] = "0123456789abcdef"[random() % 16];
      if (round % 3 == 0) {
        digits.resize(random() % (digits.size() / 2 + 1) * 2);
      }
      const json::object answer = ask_codec(line);
      EXPECT_NE(answer.contains("error"), answer.contains("bytes")) << json::serialize(line);
    }
  };
  for_each(batches(), "batch", damage);
  for_each(files(), "file", damage);
}

TEST(CodecVectors, DamageThatTheChecksumHidesAlwaysGetsAnAnswer) {
  std::mt19937 random(20260102);
  size_t accepted = 0;
  for_each(batches(), "batch", [&](const json::object& vector) {
    const Bytes whole = protocol::parse_hex(vector.at("bytes").as_string()).value();
    for (int round = 0; round < 40; ++round) {
      Bytes bytes = whole;
      const size_t front = std::min(bytes.size(), record::batch_header_size + 40);
      bytes[random() % front] = static_cast<uint8_t>(random());
      seal(bytes);
      const json::object answer = ask_codec({{"kind", "batch"}, {"bytes", protocol::hex(bytes)}});
      EXPECT_NE(answer.contains("error"), answer.contains("bytes")) << protocol::hex(bytes);
      accepted += answer.contains("bytes") ? 1 : 0;
    }
  });
  EXPECT_GT(accepted, 0U);
}

}  // namespace odradek::cli
