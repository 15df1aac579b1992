// The part of MetadataDelta for records that the image keeps as they are.
#include <algorithm>

#include <fmt/format.h>

#include "metadata/metadata_delta.h"

namespace odradek::metadata {

namespace {

// Identities begin with what they identify; the order of snapshots follows them.
std::string token_identity(std::string_view token) { return fmt::format("token/{}", token); }
std::string scram_identity(std::string_view user, int8_t mechanism) {
  return fmt::format("scram/{}/{}", user, mechanism);
}
std::string acl_identity(const Uuid& id) { return fmt::format("acl/{}", id.text()); }

std::string quota_identity(const protocol::ClientQuotaRecord& record) {
  std::vector<std::string> parts;
  for (const auto& entity : record.entity) {
    // A null name stands for the default of its type; the size keeps names with any character apart.
    parts.push_back(entity.entity_name ? fmt::format("{}={}:{}", entity.entity_type.view(), entity.entity_name->size(),
                                                     entity.entity_name->view())
                                       : fmt::format("{}", entity.entity_type.view()));
  }
  std::ranges::sort(parts);
  return fmt::format("quota/{}/{}", fmt::join(parts, "/"), record.key.view());
}

}  // namespace

Result<> MetadataDelta::keep(std::string identity, const MetadataRecord& record) {
  TRY(Bytes stored, encode_again(record, image_.metadata_version()));
  image_.kept_.set(std::move(identity), Blob(std::move(stored)));
  changes_.kept_records = true;
  return {};
}

void MetadataDelta::forget(const std::string& identity) {
  image_.kept_.erase(identity);
  changes_.kept_records = true;
}

Result<> MetadataDelta::apply(const protocol::DelegationTokenRecord& record) {
  return keep(token_identity(record.token_id), record);
}

Result<> MetadataDelta::apply(const protocol::RemoveDelegationTokenRecord& record) {
  forget(token_identity(record.token_id));
  return {};
}

Result<> MetadataDelta::apply(const protocol::UserScramCredentialRecord& record) {
  return keep(scram_identity(record.name, record.mechanism), record);
}

Result<> MetadataDelta::apply(const protocol::RemoveUserScramCredentialRecord& record) {
  forget(scram_identity(record.name, record.mechanism));
  return {};
}

Result<> MetadataDelta::apply(const protocol::ClientQuotaRecord& record) {
  if (record.remove) {
    forget(quota_identity(record));
    return {};
  }
  return keep(quota_identity(record), record);
}

Result<> MetadataDelta::apply(const protocol::AccessControlEntryRecord& record) {
  return keep(acl_identity(record.id), record);
}

Result<> MetadataDelta::apply(const protocol::RemoveAccessControlEntryRecord& record) {
  forget(acl_identity(record.id));
  return {};
}

}  // namespace odradek::metadata
