// Damaged batches of every kind: nothing crashes, nothing takes memory on the word of a length.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <random>

#include "base/big_endian.h"
#include "base/crc32c.h"
#include "record/batch_validator.h"
#include "record/describe.h"
#include "record/legacy.h"
#include "record/vectors_fixture.h"

namespace odradek::record {
namespace {

// The vectors that are small, so that a mutation hits something.
std::vector<Bytes> seeds() {
  std::vector<Bytes> bytes;
  for (Vector& vector : load_vectors("batches")) {
    if (vector.bytes.size() <= 1000) {
      bytes.push_back(std::move(vector.bytes));
    }
  }
  return bytes;
}

void mutate(Bytes& bytes, std::mt19937& random) {
  const int count = 1 + static_cast<int>(random() % 4);
  for (int i = 0; i < count; ++i) {
    const size_t at = random() % bytes.size();
    switch (random() % 5) {
      case 0: bytes[at] ^= static_cast<uint8_t>(1U << (random() % 8)); break;
      case 1: bytes[at] = static_cast<uint8_t>(random()); break;
      case 2: bytes[at] = 0xFF; break;
      case 3: bytes.resize(std::max<size_t>(1, at)); break;
      default: bytes.insert(bytes.begin() + static_cast<ptrdiff_t>(at), static_cast<uint8_t>(random())); break;
    }
  }
}

// With a right length and checksum, so that what is inside gets read.
void mend(Bytes& bytes) {
  if (bytes.size() < batch_header_size) {
    return;
  }
  store_big_endian(bytes.data() + length_at, static_cast<int32_t>(bytes.size() - log_overhead));
  const ByteView view(bytes);
  if (bytes[magic_at] == 2) {
    store_big_endian(bytes.data() + crc_at, crc32c(view.subspan(attributes_at)));
  } else {
    store_big_endian(bytes.data() + log_overhead, crc32(view.subspan(magic_at)));
  }
}

void read_everything(const Bytes& bytes) {
  (void)describe_batches(bytes, size_t{1} << 22);
  BatchScanner scanner(bytes);
  for (auto entry = scanner.next(); entry && *entry; entry = scanner.next()) {
    (void)first_offset(**entry);
    for (const int8_t magic : {int8_t{0}, int8_t{1}}) {
      Bytes out;
      DownConversion conversion(**entry, magic, Offset{0}, out, size_t{1} << 22);
      for (auto is_done = conversion.step(); is_done && !*is_done; is_done = conversion.step()) {
      }
    }
  }
}

void validate(const Bytes& bytes, std::mt19937& random) {
  ProduceRules rules;
  rules.batch_size_max = 4096;
  rules.timestamp_after_max_ms = std::numeric_limits<int64_t>::max();
  rules.keys_required = random() % 8 == 0;
  if (random() % 2 == 0) {
    rules.codec = static_cast<Codec>(random() % 5);
  }
  Bytes produced = bytes;
  if (produced.size() >= batch_header_size && produced[magic_at] == 2) {
    std::fill_n(produced.begin(), 8, uint8_t{0});  // producers' offsets begin at 0
  }
  const auto version = static_cast<int16_t>(random() % 14);
  BatchValidator validator(Blob(std::move(produced)), rules,
                           {.now_ms = 1'760'000'000'000, .produce_version = version, .leader_epoch = {}});
  while (!validator.step(1 + random() % 5000)) {
  }
  if (!validator.error()) {
    const Bytes stored = validator.take().bytes().flatten();
    EXPECT_TRUE(check_batch(stored).has_value());
    const Description read = describe_batches(stored);
    EXPECT_FALSE(read.failure) << read.failure->error.message;
  }
}

TEST(Mutations, NeverCrash) {
  const std::vector<Bytes> originals = seeds();
  constexpr uint32_t seed = 20261122;
  constexpr int rounds = 100'000;
  std::mt19937 random(seed);
  for (int i = 0; i < rounds; ++i) {
    Bytes bytes = originals[random() % originals.size()];
    mutate(bytes, random);
    if (random() % 8 != 0) {
      mend(bytes);
    }
    if (random() % 2 == 0) {
      read_everything(bytes);
    } else {
      validate(bytes, random);
    }
  }
}

int64_t peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// A gigabyte of zeros in some 100 KiB: refused, or walked through, in bounded memory.
TEST(Mutations, DecompressionBombsTakeNoMemory) {
  for (const Codec codec : {Codec::Zstd, Codec::Gzip, Codec::Lz4}) {
    Bytes bytes(batch_header_size);
    const auto compressor = make_compressor(codec, {}, bytes);
    const Bytes zeros(size_t{1} << 20);
    const Bytes front{0xFE, 0xFF, 0xFF, 0xFF, 0x07};  // a record of 1 GiB - 1
    compressor->write(front);
    const int mebibytes = codec == Codec::Zstd ? 1024 : 128;
    for (int i = 0; i < mebibytes; ++i) {
      compressor->write(zeros);
    }
    compressor->finish();
    BatchHeader header;
    header.attributes = static_cast<int16_t>(codec);
    header.record_count = 1;
    write_batch_header(header, ByteView(bytes).subspan(batch_header_size), bytes);

    const int64_t before = peak_kib();
    BatchValidator validator(Blob(bytes), {.batch_size_max = 20'000'000}, {});
    while (!validator.step()) {
    }
    EXPECT_TRUE(validator.error());
    RecordReader reader(bytes, {.record_size_max = size_t{1} << 20});
    EXPECT_FALSE(reader.next_record().has_value());
    EXPECT_LT(peak_kib() - before, 16 * 1024) << name(codec);
  }
}

}  // namespace
}  // namespace odradek::record
