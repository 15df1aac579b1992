#include "base/bytes.h"

#include <gtest/gtest.h>

namespace odradek {
namespace {

class SomeFile : public FileSource {};

Blob blob_of(std::string_view text) { return Blob(Bytes(text.begin(), text.end())); }

TEST(Blob, ASliceSharesTheMemoryAndOutlivesTheWhole) {
  Blob part;
  {
    const Blob whole = blob_of("0123456789");
    part = whole.slice(3, 4);
    EXPECT_EQ(part.view().data(), whole.view().data() + 3);
  }
  EXPECT_EQ(as_text(part.view()), "3456");
}

TEST(Blob, ASliceEndsWhereTheBlobEnds) {
  const Blob whole = blob_of("0123");
  EXPECT_EQ(as_text(whole.slice(2, 100).view()), "23");
  EXPECT_TRUE(whole.slice(4, 1).empty());
  EXPECT_DEATH(static_cast<void>(whole.slice(5, 1)), "inside its blob");
}

TEST(Blob, ASliceOfAFileRangeIsAFileRange) {
  const Blob range(std::make_shared<SomeFile>(), 1000, 50);
  const Blob part = range.slice(10, 20);
  EXPECT_FALSE(part.in_memory());
  EXPECT_EQ(part.position(), 1010U);
  EXPECT_EQ(part.size(), 20U);
  EXPECT_EQ(part.file(), range.file());
  EXPECT_DEATH(static_cast<void>(part.view()), "not in memory");
}

TEST(ByteChain, CountsAndFlattensItsPiecesInOrder) {
  ByteChain chain;
  chain.append(blob_of("ab"));
  chain.append(Blob());
  ByteChain more;
  more.append(blob_of("cde"));
  chain.append(std::move(more));
  EXPECT_EQ(chain.size(), 5U);
  EXPECT_EQ(chain.blobs().size(), 2U);
  EXPECT_EQ(as_text(chain.flatten()), "abcde");
}

}  // namespace
}  // namespace odradek
