// What a batch in the log means for the producer that wrote it. Pure.
#pragma once

#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "record/batch_header.h"
#include "storage/producer_table.h"

namespace odradek::storage {

// Nothing (no producer id, or a control batch that ends no transaction), a write, or a transaction's end.
using ProducerEffect = std::variant<std::monostate, ProducerWrite, TransactionMarker>;

// Whether producer_effect needs the batch's records, not only its header.
[[nodiscard]] bool needs_records(const record::BatchHeader& header);

// `batch`: all its bytes where needs_records(header), otherwise not looked at. CorruptMessage where
// they do not say which marker it is.
[[nodiscard]] Result<ProducerEffect> producer_effect(const record::BatchHeader& header, ByteView batch);

// Applies it to the table for a batch at `first`; the transaction it ended.
std::optional<CompletedTransaction> apply(const ProducerEffect& effect, Offset first, ProducerTable& table);

}  // namespace odradek::storage
