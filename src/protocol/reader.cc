#include "protocol/reader.h"

#include <fmt/format.h>

#include "protocol/utf8.h"

namespace odradek::protocol {

uint32_t Reader::long_unsigned_varint() {
  uint32_t value = 0;
  const size_t used = read_unsigned_varint(ByteView(at_, static_cast<size_t>(end_ - at_)), value);
  if (used == 0) {
    refuse("a length or tag that ends too early or is too long");
    return 0;
  }
  at_ += used;
  return value;
}

void Reader::take_text(Text& value, int32_t size) {
  if (!has(static_cast<size_t>(size))) {
    return;
  }
  const std::string_view text(reinterpret_cast<const char*>(at_), static_cast<size_t>(size));
  at_ += size;
  if (is_utf8(text)) {
    value = Text(text);
    return;
  }
  const std::string replaced = with_replacements(text);  // up to three times as long
  if (replaced.size() > static_cast<size_t>(text_size_max)) {
    return refuse("a text that is not UTF-8 and longer than 32767 bytes with its malformed bytes replaced");
  }
  value = Text::owned(replaced);
}

void Reader::unknown_tag(UnknownTags& unknown, Tag tag) {
  // Each takes memory, like the element of an array.
  if (array_elements_left_ == 0) {
    return refuse("more tagged fields than a request may have");
  }
  --array_elements_left_;
  if (has(tag.size) && may_take(sizeof(UnknownTags::Entry))) {
    unknown.add({tag.number, ByteView(at_, tag.size)});
    at_ += tag.size;
  }
}

bool Reader::may_hold(size_t count, size_t least_size, size_t size) {
  // Like Kafka, refuse more elements than bytes even where an element has no bytes of its own.
  const size_t left = remaining();
  if (count > left || count * least_size > left) {
    refuse("an array longer than the message");
    return false;
  }
  if (count > array_elements_left_) {
    refuse("arrays of more elements than a request may have");
    return false;
  }
  array_elements_left_ -= count;
  return may_take(count * size);
}

bool Reader::may_take(size_t memory) {
  if (memory > array_memory_left_) {
    refuse("fields that take too much memory for the size of the message");
    return false;
  }
  array_memory_left_ -= memory;
  return true;
}

Result<> check_version(int16_t version, int16_t first, int16_t last, std::string_view message) {
  if (version >= first && version <= last) [[likely]] {
    return {};
  }
  return fail(Errc::UnsupportedVersion,
              fmt::format("{} has no version {}, only {} to {}", message, version, first, last));
}

}  // namespace odradek::protocol
