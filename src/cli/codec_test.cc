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

TEST(Codec, AnswersARequestFrameWithItsHeader) {
  const std::string digits =
      "0000000d"
      "00120000"
      "00000005"
      "0003"
      "6d65"
      "21";
  EXPECT_EQ(codec(R"({"kind":"request-frame","bytes":")" + digits + "\"}"),
            R"({"bytes":")" + digits +
                R"(","bytesLeft":0,"header":{"requestApiKey":18,"requestApiVersion":0,)"
                R"("correlationId":5,"clientId":"me!"},"json":{}})"
                "\n");
}

TEST(Codec, KnowsAFileByItsName) {
  EXPECT_EQ(codec(R"({"kind":"file","file":"/data/orders-0/00000000000000000100.index","bytes":"0000000700000200"})"),
            "{\"bytes\":\"0000000700000200\",\"bytesLeft\":0,\"json\":{\"baseOffset\":100,\"entrySize\":8,"
            "\"entries\":[{\"offset\":107,\"position\":512}]}}\n");
  EXPECT_EQ(codec(R"({"kind":"file","file":"replication-offset-checkpoint","bytes":"300a310a62203120370a"})"),
            "{\"bytes\":\"300a310a62203120370a\",\"bytesLeft\":0,"
            "\"json\":{\"entries\":[{\"topic\":\"b\",\"partition\":1,\"offset\":7}]}}\n");
}

TEST(Codec, AFileThatWaitsToBeDeletedIsStillWhatItWas) {
  EXPECT_EQ(codec(R"({"kind":"file","file":"a-0/00000000000000000009.timeindex.deleted","bytes":""})"),
            R"({"bytes":"","bytesLeft":0,"json":{"baseOffset":9,"entrySize":12,"entries":[]}})"
            "\n");
}

TEST(Codec, BytesThatAreNoTextAreReplacedInAnswers) {
  EXPECT_EQ(codec(R"({"kind":"file","file":"replication-offset-checkpoint","bytes":"300a310aff203120370a"})"),
            "{\"bytes\":\"300a310aff203120370a\",\"bytesLeft\":0,"
            "\"json\":{\"entries\":[{\"topic\":\"\xEF\xBF\xBD\",\"partition\":1,\"offset\":7}]}}\n");
}

TEST(Codec, AnswersEveryBadLineWithAnErrorAndGoesOn) {
  for (const char* line : {"",
                           "[]",
                           "{",
                           "{}",
                           R"({"kind":"dance"})",
                           R"({"kind":"request","api":4,"version":0,"bytes":""})",
                           R"({"kind":"request","name":"Nobody","version":0,"bytes":""})",
                           R"({"kind":"request","api":1,"version":99,"bytes":""})",
                           R"({"kind":"request","api":1,"version":70000,"bytes":""})",
                           R"({"kind":"request","api":1,"version":4,"bytes":"0"})",
                           R"({"kind":"request","api":1,"version":4,"bytes":"zz"})",
                           R"({"kind":"request","api":1,"version":4,"bytes":"0000"})",
                           R"({"kind":"request-frame","bytes":"0000"})",
                           R"({"kind":"request-frame","bytes":"0000000400120063"})",
                           R"({"kind":"request-frame","bytes":"00000002ffff"})",
                           R"({"kind":"response-frame","bytes":"0000000400000001"})",
                           R"({"kind":"batch"})",
                           R"({"kind":"file","bytes":""})",
                           R"({"kind":"file","file":"","bytes":""})",
                           R"({"kind":"file","file":"notes.txt","bytes":""})",
                           R"({"kind":"file","file":"x.index","bytes":""})",
                           R"({"kind":"file","file":"quorum-state","bytes":"7b"})",
                           R"({"kind":"file","file":"00000000000000000000-0000000000.checkpoint","bytes":""})"}) {
    const std::string answers =
        codec(std::string(line) + "\n" + R"({"kind":"header","name":"ResponseHeader","version":0,"bytes":"00000001"})");
    EXPECT_TRUE(answers.starts_with("{\"error\":\"")) << line << answers;
    EXPECT_TRUE(answers.ends_with("\"json\":{\"correlationId\":1}}\n")) << line << answers;
  }
}

}  // namespace odradek::cli
