// SASL.
#include "config/detail/table.h"

namespace odradek::config::detail {

namespace {

// clang-format off
constexpr Option table[] = {
    // name, type, default, accepted values, importance, scope, effect, documentation
    {"sasl.client.callback.handler.class", Class, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.enabled.mechanisms", List, "GSSAPI", elements, Medium, PerBroker, Ignored, "SASL mechanisms offered to clients."},
    {"sasl.jaas.config", Password, null, anything, Medium, PerBroker, Ignored, ""},
    {"sasl.kerberos.kinit.cmd", String, "/usr/bin/kinit", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.kerberos.min.time.before.relogin", Long, "60000", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.kerberos.principal.to.local.rules", List, "DEFAULT", elements, Medium, PerBroker, Ignored, ""},
    {"sasl.kerberos.service.name", String, null, anything, Medium, PerBroker, Ignored, ""},
    {"sasl.kerberos.ticket.renew.jitter", Double, "0.05", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.kerberos.ticket.renew.window.factor", Double, "0.8", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.login.callback.handler.class", Class, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.login.class", Class, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.login.connect.timeout.ms", Int, null, anything, Low, ReadOnly, Ignored, ""},
    {"sasl.login.read.timeout.ms", Int, null, anything, Low, ReadOnly, Ignored, ""},
    {"sasl.login.refresh.buffer.seconds", Short, "300", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.login.refresh.min.period.seconds", Short, "60", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.login.refresh.window.factor", Double, "0.8", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.login.refresh.window.jitter", Double, "0.05", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.login.retry.backoff.max.ms", Long, "10000", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.login.retry.backoff.ms", Long, "100", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.mechanism.controller.protocol", String, "GSSAPI", anything, High, ReadOnly, Ignored, ""},
    {"sasl.mechanism.inter.broker.protocol", String, "GSSAPI", anything, Medium, PerBroker, Ignored, ""},
    {"sasl.oauthbearer.assertion.algorithm", String, "RS256", one_of_any_case("ES256, RS256"), Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.claim.aud", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.claim.exp.seconds", Int, "300", between(0, 86400), Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.claim.iss", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.claim.jti.include", Boolean, "false", anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.claim.nbf.seconds", Int, "60", between(0, 3600), Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.claim.sub", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.file", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.private.key.file", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.private.key.passphrase", Password, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.assertion.template.file", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.client.credentials.client.id", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.client.credentials.client.secret", Password, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.clock.skew.seconds", Int, "30", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.expected.audience", List, "", elements, High, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.expected.issuer", String, null, anything, High, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.jwks.endpoint.refresh.ms", Long, "3600000", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Long, "10000", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Long, "100", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.jwks.endpoint.url", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.jwt.retriever.class", Class, "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.jwt.validator.class", Class, "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.scope", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.scope.claim.name", String, "scope", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.sub.claim.name", String, "sub", anything, Low, ReadOnly, Ignored, ""},
    {"sasl.oauthbearer.token.endpoint.url", String, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.server.callback.handler.class", Class, null, anything, Medium, ReadOnly, Ignored, ""},
    {"sasl.server.max.receive.size", Int, "524288", anything, Medium, ReadOnly, Ignored, ""},
};
// clang-format on

}  // namespace

std::span<const Option> broker_sasl_options() { return table; }

}  // namespace odradek::config::detail
