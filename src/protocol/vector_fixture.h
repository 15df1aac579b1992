// Reads golden vectors: gzipped JSON Lines, of our testdata and of the whole reference.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace odradek::protocol {

// Calls `check` with each line of the file; a failing test if the file cannot be read.
void for_each_vector(const std::filesystem::path& file, const std::function<void(const boost::json::object&)>& check);

// Equal, but for doubles, which the parser of the expected text may miss by the last bit.
[[nodiscard]] bool same_json(const boost::json::value& a, const boost::json::value& b);

// The reference folder, where ODRADEK_REFERENCE names it.
[[nodiscard]] std::optional<std::filesystem::path> reference();

// The vectors kept in the project.
[[nodiscard]] std::filesystem::path testdata();

}  // namespace odradek::protocol
