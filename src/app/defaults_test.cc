// docs/defaults.md says of our defaults what the catalogue says.
#include <algorithm>
#include <fstream>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "config/options.h"

namespace odradek::app {
namespace {

struct Row {
  std::string kafka;
  std::string ours;
  bool operator==(const Row&) const = default;
};
using Rows = std::map<std::string, Row, std::less<>>;

void PrintTo(const Row& row, std::ostream* out) { *out << "Kafka: '" << row.kafka << "', ours: '" << row.ours << "'"; }

std::string trimmed(std::string_view cell) {
  const size_t first = cell.find_first_not_of(' ');
  return first == std::string_view::npos ? "" : std::string(cell.substr(first, cell.find_last_not_of(' ') - first + 1));
}

// The rows of the page's table, without its head: | option | Kafka | Odradek | why |
Rows rows_of_page() {
  Rows rows;
  std::ifstream page(ODRADEK_DOCS "/defaults.md");
  EXPECT_TRUE(page.is_open());
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| ") || line.starts_with("| option |")) {
      continue;
    }
    std::vector<std::string> cells;
    for (size_t at = 1; at < line.size();) {
      const size_t end = std::min(line.find('|', at), line.size());
      cells.push_back(trimmed(std::string_view(line).substr(at, end - at)));
      at = end + 1;
    }
    EXPECT_EQ(cells.size(), 4) << line;
    cells.resize(4);
    EXPECT_TRUE(rows.emplace(cells[0], Row{.kafka = cells[1], .ours = cells[2]}).second) << "twice: " << line;
  }
  return rows;
}

TEST(Defaults, ThePageListsExactlyTheDepartures) {
  Rows departures;
  for (const config::Departure& departure : config::departures()) {
    departures[std::string(departure.option)] = {.kafka = std::string(departure.kafka), .ours = departure.ours};
  }
  EXPECT_FALSE(departures.empty());
  EXPECT_EQ(rows_of_page(), departures);
}

}  // namespace
}  // namespace odradek::app
