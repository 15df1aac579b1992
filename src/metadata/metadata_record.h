// The records of the metadata log: reading them from what is stored, and storing them.
//
// Stored form: an unsigned varint frame version (1), the record's type and version as unsigned varints, then the
// message. Which version is written follows from the cluster's metadata.version.
#pragma once

#include <cstdint>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/records/abort_transaction_record.h"
#include "protocol/records/access_control_entry_record.h"
#include "protocol/records/begin_transaction_record.h"
#include "protocol/records/broker_registration_change_record.h"
#include "protocol/records/clear_elr_record.h"
#include "protocol/records/client_quota_record.h"
#include "protocol/records/config_record.h"
#include "protocol/records/delegation_token_record.h"
#include "protocol/records/end_transaction_record.h"
#include "protocol/records/feature_level_record.h"
#include "protocol/records/fence_broker_record.h"
#include "protocol/records/no_op_record.h"
#include "protocol/records/partition_change_record.h"
#include "protocol/records/partition_record.h"
#include "protocol/records/producer_ids_record.h"
#include "protocol/records/register_broker_record.h"
#include "protocol/records/register_controller_record.h"
#include "protocol/records/remove_access_control_entry_record.h"
#include "protocol/records/remove_delegation_token_record.h"
#include "protocol/records/remove_topic_record.h"
#include "protocol/records/remove_user_scram_credential_record.h"
#include "protocol/records/topic_record.h"
#include "protocol/records/unfence_broker_record.h"
#include "protocol/records/unregister_broker_record.h"
#include "protocol/records/user_scram_credential_record.h"
#include "protocol/records/zk_migration_state_record.h"

namespace odradek::metadata {

using MetadataRecord =
    std::variant<protocol::RegisterBrokerRecord, protocol::UnregisterBrokerRecord, protocol::TopicRecord,
                 protocol::PartitionRecord, protocol::ConfigRecord, protocol::PartitionChangeRecord,
                 protocol::FenceBrokerRecord, protocol::UnfenceBrokerRecord, protocol::RemoveTopicRecord,
                 protocol::DelegationTokenRecord, protocol::UserScramCredentialRecord, protocol::FeatureLevelRecord,
                 protocol::ClientQuotaRecord, protocol::ProducerIdsRecord, protocol::BrokerRegistrationChangeRecord,
                 protocol::AccessControlEntryRecord, protocol::RemoveAccessControlEntryRecord, protocol::NoOpRecord,
                 protocol::ZkMigrationStateRecord, protocol::RemoveUserScramCredentialRecord,
                 protocol::BeginTransactionRecord, protocol::EndTransactionRecord, protocol::AbortTransactionRecord,
                 protocol::RemoveDelegationTokenRecord, protocol::RegisterControllerRecord, protocol::ClearElrRecord>;

// metadata.version levels, KIP-584 numbering. What lies outside is refused.
inline constexpr int16_t oldest_metadata_version = 7;   // 3.3-IV3
inline constexpr int16_t newest_metadata_version = 30;  // 4.3-IV0

// A record as it is stored. Text in the result views `stored`. Errc::CorruptMessage for bytes that are no such record,
// trailing bytes included; Errc::UnsupportedVersion for a type, or a version of one, that Kafka 4.3 does not have.
[[nodiscard]] Result<MetadataRecord> decode_record(ByteView stored);

// The version in which a cluster at `metadata_version` stores this record.
[[nodiscard]] int16_t version_at(const MetadataRecord& record, int16_t metadata_version);

// The stored form at that metadata.version. Fields which that version cannot carry are a bug of the caller's.
[[nodiscard]] Bytes encode_record(const MetadataRecord& record, int16_t metadata_version);

// The same for a record as decode_record read it. Errc::CorruptMessage where it can be read and not be written: it has
// an unknown tag twice.
[[nodiscard]] Result<Bytes> encode_again(const MetadataRecord& record, int16_t metadata_version);

}  // namespace odradek::metadata
