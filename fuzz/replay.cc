// The main of a fuzz target that libFuzzer does not drive: each file named, and each file in the folders named, once.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "fuzz/harness.h"

namespace {

namespace fs = std::filesystem;

void replay(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const odradek::Bytes bytes((std::istreambuf_iterator<char>(file)), {});
  odradek::ensure(!file.bad(), path.native());
  // Said before, so that the last line names the input that stopped the process.
  std::puts(path.c_str());
  std::fflush(stdout);
  odradek::fuzz::test_one_input(bytes);
}

}  // namespace

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const fs::path path = arguments[i];
    if (!fs::is_directory(path)) {
      replay(path);
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.is_regular_file()) {
        replay(entry.path());
      }
    }
  }
}
