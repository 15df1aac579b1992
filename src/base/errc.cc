#include "base/errc.h"

#include "base/ensure.h"

namespace odradek {

std::string_view name(Errc errc) {
  switch (errc) {
    case Errc::CorruptMessage: return "CorruptMessage";
    case Errc::MalformedMessage: return "MalformedMessage";
    case Errc::InvalidRecord: return "InvalidRecord";
    case Errc::RecordTooLarge: return "RecordTooLarge";
    case Errc::RecordListTooLarge: return "RecordListTooLarge";
    case Errc::InvalidTimestamp: return "InvalidTimestamp";
    case Errc::UnsupportedCompressionType: return "UnsupportedCompressionType";
    case Errc::UnsupportedForMessageFormat: return "UnsupportedForMessageFormat";
    case Errc::UnsupportedVersion: return "UnsupportedVersion";
    case Errc::SnapshotNotFound: return "SnapshotNotFound";
    case Errc::OffsetOutOfRange: return "OffsetOutOfRange";
    case Errc::FencedLeaderEpoch: return "FencedLeaderEpoch";
    case Errc::UnknownLeaderEpoch: return "UnknownLeaderEpoch";
    case Errc::NotLeader: return "NotLeader";
    case Errc::ReplicaNotAvailable: return "ReplicaNotAvailable";
    case Errc::LeaderNotAvailable: return "LeaderNotAvailable";
    case Errc::NotEnoughReplicas: return "NotEnoughReplicas";
    case Errc::NotEnoughReplicasAfterAppend: return "NotEnoughReplicasAfterAppend";
    case Errc::InvalidRequiredAcks: return "InvalidRequiredAcks";
    case Errc::OutOfOrderSequence: return "OutOfOrderSequence";
    case Errc::DuplicateSequence: return "DuplicateSequence";
    case Errc::InvalidProducerEpoch: return "InvalidProducerEpoch";
    case Errc::UnknownProducerId: return "UnknownProducerId";
    case Errc::InvalidProducerIdMapping: return "InvalidProducerIdMapping";
    case Errc::InvalidTxnState: return "InvalidTxnState";
    case Errc::ProducerFenced: return "ProducerFenced";
    case Errc::TransactionalIdNotFound: return "TransactionalIdNotFound";
    case Errc::UnknownTopicOrPartition: return "UnknownTopicOrPartition";
    case Errc::UnknownTopicId: return "UnknownTopicId";
    case Errc::InconsistentTopicId: return "InconsistentTopicId";
    case Errc::InvalidTopic: return "InvalidTopic";
    case Errc::TopicAlreadyExists: return "TopicAlreadyExists";
    case Errc::TopicDeletionDisabled: return "TopicDeletionDisabled";
    case Errc::InvalidPartitions: return "InvalidPartitions";
    case Errc::InvalidReplicationFactor: return "InvalidReplicationFactor";
    case Errc::InvalidReplicaAssignment: return "InvalidReplicaAssignment";
    case Errc::InvalidConfig: return "InvalidConfig";
    case Errc::InvalidUpdateVersion: return "InvalidUpdateVersion";
    case Errc::FeatureUpdateFailed: return "FeatureUpdateFailed";
    case Errc::PolicyViolation: return "PolicyViolation";
    case Errc::ElectionNotNeeded: return "ElectionNotNeeded";
    case Errc::PreferredLeaderNotAvailable: return "PreferredLeaderNotAvailable";
    case Errc::EligibleLeadersNotAvailable: return "EligibleLeadersNotAvailable";
    case Errc::NoReassignmentInProgress: return "NoReassignmentInProgress";
    case Errc::BrokerIdNotRegistered: return "BrokerIdNotRegistered";
    case Errc::ResourceNotFound: return "ResourceNotFound";
    case Errc::NotController: return "NotController";
    case Errc::CoordinatorNotAvailable: return "CoordinatorNotAvailable";
    case Errc::CoordinatorLoadInProgress: return "CoordinatorLoadInProgress";
    case Errc::NotCoordinator: return "NotCoordinator";
    case Errc::ClusterAuthorizationFailed: return "ClusterAuthorizationFailed";
    case Errc::TopicAuthorizationFailed: return "TopicAuthorizationFailed";
    case Errc::InconsistentClusterId: return "InconsistentClusterId";
    case Errc::FetchSessionIdNotFound: return "FetchSessionIdNotFound";
    case Errc::InvalidFetchSessionEpoch: return "InvalidFetchSessionEpoch";
    case Errc::FetchSessionTopicIdError: return "FetchSessionTopicIdError";
    case Errc::InvalidFetchSize: return "InvalidFetchSize";
    case Errc::InvalidRequest: return "InvalidRequest";
    case Errc::RequestTimedOut: return "RequestTimedOut";
    case Errc::ThrottlingQuotaExceeded: return "ThrottlingQuotaExceeded";
    case Errc::Io: return "Io";
    case Errc::NoSpace: return "NoSpace";
    case Errc::TooManyOpenFiles: return "TooManyOpenFiles";
    case Errc::NotFound: return "NotFound";
    case Errc::AlreadyExists: return "AlreadyExists";
    case Errc::PermissionDenied: return "PermissionDenied";
    case Errc::AddressInUse: return "AddressInUse";
    case Errc::Locked: return "Locked";
    case Errc::ConnectionClosed: return "ConnectionClosed";
    case Errc::Cancelled: return "Cancelled";
    case Errc::Unknown: return "Unknown";
  }
  unreachable();
}

}  // namespace odradek
