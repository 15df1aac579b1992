#include "cli/codec.h"

#include <sstream>

#include <gtest/gtest.h>

namespace odradek::cli {

namespace {

std::string codec(const std::string& line) {
  std::istringstream in(line);
  std::ostringstream out;
  EXPECT_EQ(run_codec(in, out), 0);
  return out.str();
}

}  // namespace

TEST(Codec, AnswersARequestByNumberWithItsBytesAndItsJson) {
  EXPECT_EQ(codec(R"({"kind":"request","api":18,"version":3,"bytes":"0101010501aa"})"),
            "{\"bytes\":\"0101010501aa\",\"bytesLeft\":0,"
            "\"json\":{\"clientSoftwareName\":\"\",\"clientSoftwareVersion\":\"\"}}\n");
}

TEST(Codec, AnswersARecordByName) {
  EXPECT_EQ(codec(R"({"kind":"record","name":"EndTxnMarker","version":0,"bytes":"00000007"})"),
            "{\"bytes\":\"00000007\",\"bytesLeft\":0,\"json\":{\"coordinatorEpoch\":7}}\n");
}

TEST(Codec, CountsWhatLiesBehindTheMessage) {
  EXPECT_EQ(codec(R"({"kind":"response","api":12,"version":0,"bytes":"001baaaa"})"),
            "{\"bytes\":\"001b\",\"bytesLeft\":2,\"json\":{\"errorCode\":27}}\n");
}

TEST(Codec, AnswersEveryBadLineWithAnErrorAndGoesOn) {
  for (const char* line :
       {"", "[]", "{", "{}", R"({"kind":"dance"})", R"({"kind":"request","api":4,"version":0,"bytes":""})",
        R"({"kind":"request","name":"Nobody","version":0,"bytes":""})",
        R"({"kind":"request","api":1,"version":99,"bytes":""})",
        R"({"kind":"request","api":1,"version":70000,"bytes":""})",
        R"({"kind":"request","api":1,"version":4,"bytes":"0"})",
        R"({"kind":"request","api":1,"version":4,"bytes":"zz"})",
        R"({"kind":"request","api":1,"version":4,"bytes":"0000"})"}) {
    const std::string answers =
        codec(std::string(line) + "\n" + R"({"kind":"header","name":"ResponseHeader","version":0,"bytes":"00000001"})");
    EXPECT_TRUE(answers.starts_with("{\"error\":\"")) << line << answers;
    EXPECT_TRUE(answers.ends_with("\"json\":{\"correlationId\":1}}\n")) << line << answers;
  }
}

}  // namespace odradek::cli
