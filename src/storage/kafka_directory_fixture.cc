#include "storage/kafka_directory_fixture.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace odradek::storage {

namespace fs = std::filesystem;

namespace {

constexpr size_t preallocated = size_t{1} << 20;

fs::path testdata() { return fs::path(__FILE__).parent_path() / "testdata"; }

}  // namespace

KafkaDirectories::KafkaDirectories() {
  static int number = 0;
  root_ = fs::temp_directory_path() / ("odradek-kafka-" + std::to_string(::getpid()) + "-" + std::to_string(++number));
  fs::create_directories(root_);
  for (const char* archive : {"stopped.tar.gz", "killed.tar.gz"}) {
    const std::string command = "tar xzf '" + (testdata() / archive).string() + "' -C '" + root_.string() + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
}

KafkaDirectories::~KafkaDirectories() { fs::remove_all(root_); }

std::map<std::string, Bytes> KafkaDirectories::files_of(const std::string& directory) const {
  std::map<std::string, Bytes> files;
  for (const auto& entry : fs::directory_iterator(root_ / directory)) {
    if (!entry.is_regular_file()) {
      continue;
    }
    std::ifstream in(entry.path(), std::ios::binary);
    Bytes& bytes = files[entry.path().filename().string()];
    bytes.assign(std::istreambuf_iterator<char>(in), {});
    if (bytes.size() > preallocated) {
      bytes.resize(entry.path().extension() == ".timeindex" ? 4092 : 4096);
    }
  }
  EXPECT_FALSE(files.empty()) << directory;
  return files;
}

std::vector<std::string> KafkaDirectories::lines_of(const std::string& name) {
  const std::string command = "gzip -dc '" + (testdata() / name).string() + "'";
  FILE* const in = ::popen(command.c_str(), "r");
  std::vector<std::string> lines;
  if (in == nullptr) {
    ADD_FAILURE() << command;
    return lines;
  }
  std::string text;
  std::array<char, 65536> buffer;
  for (size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), in)) > 0;) {
    text.append(buffer.data(), size);
  }
  EXPECT_EQ(::pclose(in), 0) << command;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace odradek::storage
