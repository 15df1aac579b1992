#include "observe/log.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace odradek::observe {
namespace {

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    set_log_sink([this](const LogRecord& record) {
      lines.push_back(fmt::format("{} {} {}{}", name(record.level), record.component, record.event, record.fields));
    });
  }
  ~LogTest() override {
    set_log_sink({});
    set_log_level(LogLevel::Info);
  }

  std::vector<std::string> lines;
  Logger log{"storage"};
};

TEST_F(LogTest, ALineHasItsEventAndFieldsInOrder) {
  log.warn("isr_shrunk").with("partition", "foo-0").with("lag", 12);
  EXPECT_EQ(lines, std::vector<std::string>{"WARN storage isr_shrunk partition=foo-0 lag=12"});
}

TEST_F(LogTest, WhatAClientSendsCannotForgeALine) {
  log.info("seen").with("client", "a b=\"c\"\nERROR x").with("empty", "");
  EXPECT_EQ(lines, std::vector<std::string>{R"(INFO storage seen client="a b=\"c\"\x0aERROR x" empty="")"});
}

TEST_F(LogTest, LinesBelowTheLevelAreNotWritten) {
  log.debug("hidden").with("n", 1);
  EXPECT_TRUE(lines.empty());
  set_log_level(LogLevel::Debug);
  log.debug("shown");
  EXPECT_EQ(lines, std::vector<std::string>{"DEBUG storage shown"});
}

TEST_F(LogTest, ALimitedEventIsWrittenSoOftenAndThenCounted) {
  for (int i = 0; i < 10; ++i) {
    log.limited(LogLevel::Warn, "flood", {.lines = 3, .period = std::chrono::seconds(3600)}).with("i", i);
  }
  EXPECT_EQ(lines.size(), 3U);
  log.limited(LogLevel::Warn, "flood", {.lines = 3, .period = std::chrono::seconds(0)}).with("i", 10);
  EXPECT_EQ(lines.back(), "WARN storage flood suppressed=7 i=10");
}

}  // namespace
}  // namespace odradek::observe
