#include "coordinator/group/topic_hash.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <xxhash.h>

#include "base/ensure.h"

namespace odradek::coordinator {

namespace {

// Everything is hashed as little-endian integers; text as UTF-16 and then its length.
class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), &XXH3_freeState) {
    ensure(state_ != nullptr && XXH3_64bits_reset(state_.get()) == XXH_OK, "no memory for a hash");
  }

  template <typename Integer>
  Hasher& integer(Integer value) {
    unsigned char bytes[sizeof(Integer)];
    for (size_t i = 0; i < sizeof(Integer); ++i) {
      bytes[i] = static_cast<unsigned char>(static_cast<std::make_unsigned_t<Integer>>(value) >> (8 * i));
    }
    XXH3_64bits_update(state_.get(), bytes, sizeof bytes);
    return *this;
  }

  Hasher& text(std::string_view utf8) {
    const std::u16string units = utf16(utf8);
    for (const char16_t unit : units) {
      integer(static_cast<uint16_t>(unit));
    }
    return integer(static_cast<int32_t>(units.size()));
  }

  [[nodiscard]] int64_t finish() const { return static_cast<int64_t>(XXH3_64bits_digest(state_.get())); }

  // Bytes that are not UTF-8 become U+FFFD each.
  [[nodiscard]] static std::u16string utf16(std::string_view utf8) {
    std::u16string result;
    for (size_t i = 0; i < utf8.size();) {
      const auto lead = static_cast<unsigned char>(utf8[i]);
      const size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
      uint32_t code = length == 1 ? lead : length == 4 ? lead & 0x07U : length == 3 ? lead & 0x0FU : lead & 0x1FU;
      bool is_valid = length > 0 && i + length <= utf8.size();
      for (size_t k = 1; is_valid && k < length; ++k) {
        const auto next = static_cast<unsigned char>(utf8[i + k]);
        is_valid = (next & 0xC0U) == 0x80;
        code = (code << 6U) | (next & 0x3FU);
      }
      if (!is_valid || code > 0x10FFFF) {
        result.push_back(0xFFFD);
        ++i;
        continue;
      }
      if (code >= 0x10000) {
        result.push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10U)));
        code = 0xDC00 + ((code - 0x10000) & 0x3FFU);
      }
      result.push_back(static_cast<char16_t>(code));
      i += length;
    }
    return result;
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

constexpr int8_t topic_format = 0;

}  // namespace

int64_t topic_hash(TopicId id, std::string_view name, const std::vector<PartitionRacks>& partitions) {
  Hasher hasher;
  hasher.integer(topic_format);
  hasher.integer(id.uuid().most()).integer(id.uuid().least());
  hasher.text(name).integer(static_cast<int32_t>(partitions.size()));
  int32_t index = 0;
  for (PartitionRacks racks : partitions) {
    hasher.integer(index++);
    std::ranges::sort(racks);
    for (const std::string_view rack : racks) {
      hasher.integer(static_cast<int32_t>(Hasher::utf16(rack).size())).text(rack);
    }
  }
  return hasher.finish();
}

int64_t topic_hash(const metadata::TopicImage& topic, const metadata::MetadataImage& image) {
  std::vector<PartitionRacks> partitions;
  for (int32_t index = 0; index < topic.partition_count(); ++index) {
    PartitionRacks racks;
    const metadata::PartitionImage* partition = topic.partition(PartitionIndex{index});
    if (partition != nullptr) {
      for (const NodeId replica : partition->replicas) {
        const metadata::BrokerImage* broker = image.broker(replica);
        if (broker != nullptr && broker->rack) {
          racks.push_back(*broker->rack);
        }
      }
    }
    partitions.push_back(std::move(racks));
  }
  return topic_hash(topic.id, topic.name, partitions);
}

int64_t group_hash(const std::map<std::string_view, int64_t>& topic_hashes) {
  if (topic_hashes.empty()) {
    return 0;
  }
  Hasher hasher;
  for (const auto& [name, hash] : topic_hashes) {
    hasher.integer(hash);
  }
  return hasher.finish();
}

}  // namespace odradek::coordinator
