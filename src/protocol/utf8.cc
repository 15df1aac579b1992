#include "protocol/utf8.h"

#include <cstdint>
#include <cstring>

namespace odradek::protocol {

namespace {

struct Piece {
  size_t size;
  bool is_valid;
};

bool continues(std::string_view text, size_t index) {
  return index < text.size() && (static_cast<uint8_t>(text[index]) & 0xC0U) == 0x80U;
}

// The bounds of the second byte, which depend on the first.
bool second_is_valid(uint8_t first, std::string_view text) {
  if (!continues(text, 1)) {
    return false;
  }
  const auto second = static_cast<uint8_t>(text[1]);
  switch (first) {
    case 0xE0: return second >= 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second <= 0x8F;
    default: return true;
  }
}

// The first character of `text`, or the malformed piece that it begins with.
Piece first_piece(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) {
    return {1, true};
  }
  if (first < 0xC2 || first > 0xF4) {
    return {1, false};
  }
  const size_t size = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (!second_is_valid(first, text)) {
    return {1, false};
  }
  for (size_t i = 2; i < size; ++i) {
    if (!continues(text, i)) {
      return {i, false};
    }
  }
  const bool is_surrogate = first == 0xED && static_cast<uint8_t>(text[1]) >= 0xA0;
  return {size, !is_surrogate};
}

size_t ascii_prefix(std::string_view text) {
  size_t size = 0;
  for (; size + 8 <= text.size(); size += 8) {
    uint64_t word = 0;
    std::memcpy(&word, text.data() + size, sizeof word);
    if ((word & 0x8080808080808080U) != 0) {
      break;
    }
  }
  while (size < text.size() && static_cast<uint8_t>(text[size]) < 0x80) {
    ++size;
  }
  return size;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (;;) {
    text.remove_prefix(ascii_prefix(text));
    if (text.empty()) {
      return true;
    }
    const Piece piece = first_piece(text);
    if (!piece.is_valid) {
      return false;
    }
    text.remove_prefix(piece.size);
  }
}

std::string with_replacements(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 8);
  while (!text.empty()) {
    const Piece piece = first_piece(text);
    result += piece.is_valid ? text.substr(0, piece.size) : "\xEF\xBF\xBD";
    text.remove_prefix(piece.size);
  }
  return result;
}

}  // namespace odradek::protocol
