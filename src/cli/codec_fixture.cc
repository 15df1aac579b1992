#include "cli/codec_fixture.h"

#include <sstream>

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "cli/codec.h"

namespace odradek::cli {

namespace json = boost::json;

json::object ask_codec(const json::object& line) {
  std::istringstream in(json::serialize(line));
  std::ostringstream out;
  EXPECT_EQ(run_codec(in, out), 0);
  return json::parse(out.str()).as_object();
}

std::string without_last(const json::value& digits, const json::value& count) {
  const json::string& text = digits.as_string();
  return std::string(text.data(), text.size() - 2 * count.to_number<size_t>());
}

json::object uncompressed(json::object json) {
  for (json::value& batch : json.at("batches").as_array()) {
    for (const char* key : {"crc", "length", "position"}) {
      batch.as_object().erase(key);
    }
  }
  return json;
}

}  // namespace odradek::cli
