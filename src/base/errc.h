// The closed list of our errors. A code exists only if some caller acts on it.
//
// Most are named after the Kafka error they become on the wire; `wire_code` (protocol/wire_code.h) maps every
// one of them to exactly one Kafka code.
#pragma once

#include <cstdint>
#include <string_view>

namespace odradek {

enum class Errc : uint8_t {
  // Trouble with bytes.
  CorruptMessage,    // a batch, record or file that is not what its format says
  MalformedMessage,  // a request or response that does not decode; the connection is closed
  InvalidRecord,     // a record that breaks a rule of its topic
  RecordTooLarge,
  RecordListTooLarge,
  InvalidTimestamp,
  UnsupportedCompressionType,
  UnsupportedForMessageFormat,
  UnsupportedVersion,
  SnapshotNotFound,

  // Trouble with positions and epochs.
  OffsetOutOfRange,
  FencedLeaderEpoch,
  UnknownLeaderEpoch,
  NotLeader,
  ReplicaNotAvailable,
  LeaderNotAvailable,
  NotEnoughReplicas,
  NotEnoughReplicasAfterAppend,
  InvalidRequiredAcks,

  // Producers.
  OutOfOrderSequence,
  DuplicateSequence,
  InvalidProducerEpoch,
  UnknownProducerId,
  InvalidProducerIdMapping,
  InvalidTxnState,
  ProducerFenced,
  TransactionalIdNotFound,

  // Names and metadata.
  UnknownTopicOrPartition,
  UnknownTopicId,
  InconsistentTopicId,
  InvalidTopic,
  TopicAlreadyExists,
  TopicDeletionDisabled,
  InvalidPartitions,
  InvalidReplicationFactor,
  InvalidReplicaAssignment,
  InvalidConfig,
  InvalidUpdateVersion,
  FeatureUpdateFailed,
  PolicyViolation,
  ElectionNotNeeded,
  PreferredLeaderNotAvailable,
  EligibleLeadersNotAvailable,
  NoReassignmentInProgress,
  BrokerIdNotRegistered,
  ResourceNotFound,

  // Who and where.
  NotController,
  CoordinatorNotAvailable,
  CoordinatorLoadInProgress,
  NotCoordinator,
  ClusterAuthorizationFailed,
  TopicAuthorizationFailed,
  InconsistentClusterId,

  // Sessions and requests.
  FetchSessionIdNotFound,
  InvalidFetchSessionEpoch,
  FetchSessionTopicIdError,
  InvalidFetchSize,
  InvalidRequest,
  RequestTimedOut,
  ThrottlingQuotaExceeded,

  // The machine.
  Io,                // the disk refused; the log directory goes offline
  NoSpace,           // the disk is full; the append may be tried again
  TooManyOpenFiles,  // descriptors ran out; never counts as a disk error
  NotFound,          // no such file or directory
  AlreadyExists,
  PermissionDenied,
  AddressInUse,
  Locked,  // another process holds the lock
  ConnectionClosed,
  Cancelled,  // we are stopping
  Unknown,    // the outcome of a commit is not known
};

[[nodiscard]] std::string_view name(Errc errc);

}  // namespace odradek
