#include "base/uuid.h"

#include "base/big_endian.h"

namespace odradek {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int8_t, 256> digits = [] {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return table;
}();

constexpr size_t text_size = 22;
constexpr size_t padded_text_size = 24;

}  // namespace

Uuid Uuid::from_bytes(std::span<const uint8_t, byte_size> bytes) {
  return {load_big_endian<uint64_t>(bytes.data()), load_big_endian<uint64_t>(bytes.data() + 8)};
}

Result<Uuid> Uuid::parse(std::string_view text) {
  std::string_view unpadded = text;
  if (text.size() == padded_text_size && text.ends_with("==")) {
    unpadded.remove_suffix(2);
  }
  if (unpadded.size() != text_size) {
    return fail(Errc::InvalidRequest, fmt::format("'{}' is not a uuid: 22 characters of base64url are needed", text));
  }
  std::array<uint8_t, byte_size + 1> raw{};
  uint32_t bits = 0;
  int bit_count = 0;
  size_t out = 0;
  for (const char c : unpadded) {
    const int8_t digit = digits[static_cast<uint8_t>(c)];
    if (digit < 0) {
      return fail(Errc::InvalidRequest, fmt::format("'{}' is not a uuid: '{}' is not in base64url", text, c));
    }
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      raw[out++] = static_cast<uint8_t>(bits >> bit_count);
    }
  }
  return from_bytes(std::span(raw).first<byte_size>());
}

std::array<uint8_t, Uuid::byte_size> Uuid::bytes() const {
  std::array<uint8_t, byte_size> out;
  store_big_endian(out.data(), most_);
  store_big_endian(out.data() + 8, least_);
  return out;
}

std::string Uuid::text() const {
  const auto raw = bytes();
  std::string out;
  out.reserve(text_size);
  uint32_t bits = 0;
  int bit_count = 0;
  for (const uint8_t byte : raw) {
    bits = (bits << 8) | byte;
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      out.push_back(alphabet[(bits >> bit_count) & 0x3F]);
    }
  }
  out.push_back(alphabet[(bits << (6 - bit_count)) & 0x3F]);
  return out;
}

}  // namespace odradek
