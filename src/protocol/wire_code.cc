#include "protocol/wire_code.h"

#include "base/ensure.h"

namespace odradek::protocol {

ErrorCode wire_code(Errc errc) {
  switch (errc) {
    case Errc::CorruptMessage: return ErrorCode::CorruptMessage;
    case Errc::MalformedMessage: return ErrorCode::InvalidRequest;
    case Errc::InvalidRecord: return ErrorCode::InvalidRecord;
    case Errc::RecordTooLarge: return ErrorCode::MessageTooLarge;
    case Errc::RecordListTooLarge: return ErrorCode::RecordListTooLarge;
    case Errc::InvalidTimestamp: return ErrorCode::InvalidTimestamp;
    case Errc::UnsupportedCompressionType: return ErrorCode::UnsupportedCompressionType;
    case Errc::UnsupportedForMessageFormat: return ErrorCode::UnsupportedForMessageFormat;
    case Errc::UnsupportedVersion: return ErrorCode::UnsupportedVersion;
    case Errc::SnapshotNotFound: return ErrorCode::SnapshotNotFound;
    case Errc::OffsetOutOfRange: return ErrorCode::OffsetOutOfRange;
    case Errc::FencedLeaderEpoch: return ErrorCode::FencedLeaderEpoch;
    case Errc::UnknownLeaderEpoch: return ErrorCode::UnknownLeaderEpoch;
    case Errc::NotLeader: return ErrorCode::NotLeaderOrFollower;
    case Errc::ReplicaNotAvailable: return ErrorCode::ReplicaNotAvailable;
    case Errc::LeaderNotAvailable: return ErrorCode::LeaderNotAvailable;
    case Errc::NotEnoughReplicas: return ErrorCode::NotEnoughReplicas;
    case Errc::NotEnoughReplicasAfterAppend: return ErrorCode::NotEnoughReplicasAfterAppend;
    case Errc::InvalidRequiredAcks: return ErrorCode::InvalidRequiredAcks;
    case Errc::OutOfOrderSequence: return ErrorCode::OutOfOrderSequenceNumber;
    case Errc::DuplicateSequence: return ErrorCode::DuplicateSequenceNumber;
    case Errc::InvalidProducerEpoch: return ErrorCode::InvalidProducerEpoch;
    case Errc::UnknownProducerId: return ErrorCode::UnknownProducerId;
    case Errc::InvalidProducerIdMapping: return ErrorCode::InvalidProducerIdMapping;
    case Errc::InvalidTxnState: return ErrorCode::InvalidTxnState;
    case Errc::ProducerFenced: return ErrorCode::ProducerFenced;
    case Errc::TransactionalIdNotFound: return ErrorCode::TransactionalIdNotFound;
    case Errc::UnknownTopicOrPartition: return ErrorCode::UnknownTopicOrPartition;
    case Errc::UnknownTopicId: return ErrorCode::UnknownTopicId;
    case Errc::InconsistentTopicId: return ErrorCode::InconsistentTopicId;
    case Errc::InvalidTopic: return ErrorCode::InvalidTopicException;
    case Errc::TopicAlreadyExists: return ErrorCode::TopicAlreadyExists;
    case Errc::TopicDeletionDisabled: return ErrorCode::TopicDeletionDisabled;
    case Errc::InvalidPartitions: return ErrorCode::InvalidPartitions;
    case Errc::InvalidReplicationFactor: return ErrorCode::InvalidReplicationFactor;
    case Errc::InvalidReplicaAssignment: return ErrorCode::InvalidReplicaAssignment;
    case Errc::InvalidConfig: return ErrorCode::InvalidConfig;
    case Errc::InvalidUpdateVersion: return ErrorCode::InvalidUpdateVersion;
    case Errc::FeatureUpdateFailed: return ErrorCode::FeatureUpdateFailed;
    case Errc::PolicyViolation: return ErrorCode::PolicyViolation;
    case Errc::ElectionNotNeeded: return ErrorCode::ElectionNotNeeded;
    case Errc::PreferredLeaderNotAvailable: return ErrorCode::PreferredLeaderNotAvailable;
    case Errc::EligibleLeadersNotAvailable: return ErrorCode::EligibleLeadersNotAvailable;
    case Errc::NoReassignmentInProgress: return ErrorCode::NoReassignmentInProgress;
    case Errc::BrokerIdNotRegistered: return ErrorCode::BrokerIdNotRegistered;
    case Errc::ResourceNotFound: return ErrorCode::ResourceNotFound;
    case Errc::NotController: return ErrorCode::NotController;
    case Errc::CoordinatorNotAvailable: return ErrorCode::CoordinatorNotAvailable;
    case Errc::CoordinatorLoadInProgress: return ErrorCode::CoordinatorLoadInProgress;
    case Errc::NotCoordinator: return ErrorCode::NotCoordinator;
    case Errc::ClusterAuthorizationFailed: return ErrorCode::ClusterAuthorizationFailed;
    case Errc::TopicAuthorizationFailed: return ErrorCode::TopicAuthorizationFailed;
    case Errc::InconsistentClusterId: return ErrorCode::InconsistentClusterId;
    case Errc::FetchSessionIdNotFound: return ErrorCode::FetchSessionIdNotFound;
    case Errc::InvalidFetchSessionEpoch: return ErrorCode::InvalidFetchSessionEpoch;
    case Errc::FetchSessionTopicIdError: return ErrorCode::FetchSessionTopicIdError;
    case Errc::InvalidFetchSize: return ErrorCode::InvalidFetchSize;
    case Errc::InvalidRequest: return ErrorCode::InvalidRequest;
    case Errc::RequestTimedOut: return ErrorCode::RequestTimedOut;
    case Errc::ThrottlingQuotaExceeded: return ErrorCode::ThrottlingQuotaExceeded;
    case Errc::Io:
    case Errc::NoSpace:
    case Errc::TooManyOpenFiles:
    case Errc::NotFound:
    case Errc::AlreadyExists:
    case Errc::PermissionDenied: return ErrorCode::KafkaStorageError;
    case Errc::AddressInUse: return ErrorCode::UnknownServerError;
    case Errc::Locked: return ErrorCode::KafkaStorageError;
    case Errc::ConnectionClosed: return ErrorCode::NetworkException;
    case Errc::Cancelled:
      // We are stopping: the client looks for the new leader and tries again there.
      return ErrorCode::NotLeaderOrFollower;
    case Errc::Unknown:
      // Neither done nor refused: the client must look again.
      return ErrorCode::RequestTimedOut;
  }
  unreachable();
}

}  // namespace odradek::protocol
