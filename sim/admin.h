// An administrator: makes, changes and deletes topics, deletes records, and looks whether the metadata say so.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/client.h"
#include "sim/stage.h"

namespace odradek::sim {

class Admin final : public Workload {
 public:
  explicit Admin(Stage& stage) : stage_(stage) {}
  [[nodiscard]] runtime::Task<void> run() override;

  [[nodiscard]] runtime::Async<> create_topic(Client& client);

  // Compares the metadata with what is known, and learns from them what became of requests whose answers were lost.
  [[nodiscard]] runtime::Async<> check_metadata(Client& client);

 private:
  enum class Deed : uint8_t { Create, Delete, DeleteRecords, Alter };

  [[nodiscard]] runtime::Async<> administer();
  [[nodiscard]] runtime::Async<> perform(Client& client, Deed deed);
  [[nodiscard]] runtime::Async<> delete_topic(Client& client, TopicPtr topic);
  [[nodiscard]] runtime::Async<> delete_records(Client& client, TopicPtr topic);
  [[nodiscard]] runtime::Async<> alter(Client& client, TopicPtr topic);
  [[nodiscard]] runtime::Async<bool> set(Client& client, TopicPtr topic, std::string_view name,
                                         std::optional<std::string> value);
  [[nodiscard]] bool was_done(const std::string& what, int16_t error);

  Stage& stage_;
  int32_t topics_made_ = 0;
};

}  // namespace odradek::sim
