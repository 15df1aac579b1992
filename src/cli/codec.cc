#include "cli/codec.h"

#include <array>
#include <istream>
#include <ostream>
#include <string>

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "cli/batch_codec.h"
#include "cli/codec_line.h"
#include "cli/file_codec.h"
#include "cli/message_codec.h"
#include "protocol/utf8.h"

namespace odradek::cli {

namespace json = boost::json;

namespace {

struct Kind {
  std::string_view name;
  Result<json::object> (*decode)(const json::object& line);
};

constexpr std::array<Kind, 10> kinds{{
    {"request", &decode_message},
    {"response", &decode_message},
    {"header", &decode_message},
    {"record", &decode_message},
    {"odd", &decode_message},
    {"request-frame", &decode_request_frame},
    {"response-frame", &decode_response_frame},
    {"batch", &decode_batches},
    {"broken-batch", &decode_batches},
    {"file", &decode_file},
}};

Result<json::object> answer_to(const std::string& text) {
  boost::system::error_code error;
  const json::value line = json::parse(text, error);
  if (error || !line.is_object()) {
    return fail(Errc::InvalidRequest, "not a line of JSON with an object");
  }
  TRY(const std::string_view name, text_of(line.get_object(), "kind"));
  for (const Kind& kind : kinds) {
    if (kind.name == name) {
      return kind.decode(line.get_object());
    }
  }
  return fail(Errc::InvalidRequest, fmt::format("unknown kind {}", name));
}

}  // namespace

int run_codec(std::istream& in, std::ostream& out) {
  std::string line;
  while (std::getline(in, line)) {
    Result<json::object> answer = answer_to(line);
    if (!answer) {
      answer = json::object{{"error", error_text(answer.error())}};
    }
    // Names in batches and files, and what errors quote of them, may be any bytes.
    out << protocol::with_replacements(json::serialize(*answer)) << '\n';
  }
  out.flush();
  return out ? 0 : 1;
}

}  // namespace odradek::cli
