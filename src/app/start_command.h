// `odradek start`: configuration in, a running broker, until a signal ends it.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace odradek::app {

struct StartArguments {
  std::optional<std::string> config_file;
  std::vector<std::string> settings;  // "key=value"
};

// Runs until SIGTERM or SIGINT stopped it cleanly; a second signal ends the process at once. The exit status: 0 after a
// clean stop, 1 when it could not start (standard error says why) or not stop cleanly (the log says why).
[[nodiscard]] int start_command(const StartArguments& arguments);

}  // namespace odradek::app
