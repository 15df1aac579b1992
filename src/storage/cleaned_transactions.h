// Which transactions a walk through a log is inside of, and which of their markers nothing needs any more. Pure.
//
// The walk says of each batch, in order, what it is; the aborted transactions of a segment are made known before its
// batches.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "model/ids.h"
#include "record/batch_header.h"
#include "record/control_record.h"
#include "storage/aborted_index.h"

namespace odradek::storage {

class CleanedTransactions {
 public:
  // The same transaction may be made known several times.
  void expect_aborted(std::span<const AbortedTransaction> transactions);

  // A batch of records. True: it belongs to an aborted transaction.
  [[nodiscard]] bool is_aborted(const record::BatchHeader& batch);

  struct Marker {
    bool is_spent = false;                    // the walk met no batch of its transaction
    std::optional<AbortedTransaction> ended;  // aborted, and batches of it are still there
  };
  // A control batch: `type` of its record, nothing where it holds none or none that is known. `is_empty`: it holds
  // none.
  [[nodiscard]] Marker end(const record::BatchHeader& batch, std::optional<record::ControlType> type, bool is_empty);

 private:
  struct Aborted {
    AbortedTransaction transaction;
    bool has_batches = false;
  };
  void begin_up_to(Offset offset);

  std::multimap<Offset, AbortedTransaction> expected_;  // by first offset; not reached yet
  std::unordered_map<ProducerId, Aborted> aborted_;     // the walk is inside of them
  std::unordered_set<ProducerId> committed_;            // with batches met since their last marker
};

}  // namespace odradek::storage
