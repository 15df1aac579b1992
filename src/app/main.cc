// The one binary: `odradek start`, `odradek codec`.

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/start_command.h"
#include "cli/codec.h"

namespace {

int run(int argc, char** argv) {
  CLI::App app("Odradek, a Kafka-compatible broker");
  app.require_subcommand(1);

  odradek::app::StartArguments start;
  CLI::App* start_command = app.add_subcommand("start", "Run a broker");
  start_command->add_option("--config", start.config_file, "Kafka's server.properties; the defaults without one");
  start_command->add_option("--set", start.settings, "key=value, over what the file says; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);

  CLI::App* codec_command =
      app.add_subcommand("codec", "Read messages as JSON Lines from standard input; write them decoded and re-encoded");

  CLI11_PARSE(app, argc, argv);
  if (*start_command) {
    return odradek::app::start_command(start);
  }
  if (*codec_command) {
    return odradek::cli::run_codec(std::cin, std::cout);
  }
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "odradek: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
