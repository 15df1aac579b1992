// TLS, authorization and delegation tokens.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"authorizer.class.name", String, "", anything, Low, ReadOnly, Acts, "Class that decides who may do what; empty, everyone may do everything."},
    {"connection.failed.authentication.delay.ms", Int, "100", at_least(0), Low, ReadOnly, Ignored, "Milliseconds that the answer to a failed authentication is held back."},
    {"connections.max.reauth.ms", Long, "0", anything, Medium, ReadOnly, Ignored, "Milliseconds after which a SASL client must authenticate again; 0 is never."},
    {"delegation.token.expiry.check.interval.ms", Long, "3600000", at_least(1), Low, ReadOnly, Ignored, ""},
    {"delegation.token.expiry.time.ms", Long, "86400000", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"delegation.token.max.lifetime.ms", Long, "604800000", at_least(1), Medium, ReadOnly, Ignored, ""},
    {"delegation.token.secret.key", Password, null, anything, Medium, ReadOnly, Ignored, "Secret that delegation tokens are made with; the same on every node."},
    {"principal.builder.class", Class, "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", anything, Medium, PerBroker, Ignored, "Class that names the principal of a connection."},
    {"security.providers", String, null, anything, Low, ReadOnly, Ignored, ""},
    {"ssl.allow.dn.changes", Boolean, "false", anything, Low, ReadOnly, Ignored, ""},
    {"ssl.allow.san.changes", Boolean, "false", anything, Low, ReadOnly, Ignored, ""},
    {"ssl.cipher.suites", List, "", elements, Medium, PerBroker, Ignored, ""},
    {"ssl.client.auth", String, "none", one_of("required, requested, none"), Medium, PerBroker, Acts, "Whether a TLS client must show a certificate: required, requested or none."},
    {"ssl.enabled.protocols", List, "TLSv1.2,TLSv1.3", elements, Medium, PerBroker, Ignored, ""},
    {"ssl.endpoint.identification.algorithm", String, "https", anything, Low, PerBroker, Ignored, ""},
    {"ssl.engine.factory.class", Class, null, anything, Low, PerBroker, Ignored, ""},
    {"ssl.key.password", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.keymanager.algorithm", String, "SunX509", anything, Medium, PerBroker, Ignored, ""},
    {"ssl.keystore.certificate.chain", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.keystore.key", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.keystore.location", String, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.keystore.password", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.keystore.type", String, "JKS", anything, Medium, PerBroker, Ignored, ""},
    {"ssl.principal.mapping.rules", String, "DEFAULT", anything, Low, ReadOnly, Ignored, ""},
    {"ssl.protocol", String, "TLSv1.3", anything, Medium, PerBroker, Ignored, ""},
    {"ssl.provider", String, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.secure.random.implementation", String, null, anything, Low, PerBroker, Ignored, ""},
    {"ssl.trustmanager.algorithm", String, "PKIX", anything, Medium, PerBroker, Ignored, ""},
    {"ssl.truststore.certificates", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.truststore.location", String, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.truststore.password", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"ssl.truststore.type", String, "JKS", anything, Medium, PerBroker, Ignored, ""},
};
// clang-format on

}  // namespace

std::span<const Option> broker_security_options() { return table; }

}  // namespace odradek::config::detail
