"""Topic names, counts and configs that must be refused."""

import requests as ask
import wire
from checks import (INVALID_ASSIGNMENT, INVALID_CONFIG, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR,
                    INVALID_REQUEST, INVALID_TOPIC, NONE, TOPIC_EXISTS, UNKNOWN_TOPIC, METADATA_OF_NOTHING, check,
                    expect)


def expect_not_created(broker, name, wanted, words, **options):
    with broker.connect() as connection:
        error, message = wire.create_topic(connection, name, **options)
        expect(error, wanted, f"creating {name[:40]!r}: error")
        if words.lower() not in (message or "").lower():
            raise AssertionError(f"creating {name[:40]!r}: the message {message!r} does not speak of {words!r}")


@check
def bad_topic_names_are_refused(broker):
    for name, words in ((".", "'.'"), ("..", "'..'"), ("", "empty"), ("a" * 250, "249"), ("a b", "alphanumerics"),
                        ("ä", "alphanumerics"), ("a/b", "alphanumerics")):
        expect_not_created(broker, name, INVALID_TOPIC, words)


@check
def colliding_topic_names_are_refused(broker):
    topic = broker.topic("a.b")
    expect_not_created(broker, topic.replace(".", "_"), INVALID_TOPIC, "collide")


@check
def existing_topic_is_refused(broker):
    expect_not_created(broker, broker.topic("twice"), TOPIC_EXISTS, "already exists")


@check
def bad_partition_counts_are_refused(broker):
    for count in (0, -5):
        expect_not_created(broker, f"{broker.prefix}-none", INVALID_PARTITIONS, "partitions", partitions=count)


@check
def bad_replication_factors_are_refused(broker):
    for factor in (0, 2, -3):
        expect_not_created(broker, f"{broker.prefix}-rf", INVALID_REPLICATION_FACTOR, "replication factor",
                           replication=factor)


@check
def bad_topic_configs_are_refused(broker):
    for key, value in (("no.such.config", "1"), ("retention.ms", "soon"), ("cleanup.policy", "sometimes"),
                       ("compression.type", "rar"), ("max.message.bytes", "-1")):
        expect_not_created(broker, f"{broker.prefix}-config", INVALID_CONFIG, key if "no.such" in key else "",
                           configs=[(key, value)])


@check
def bad_manual_assignments_are_refused(broker):
    name = f"{broker.prefix}-manual"
    node = node_id(broker)
    bad = ([(0, [node]), (2, [node])],                # a gap
           [(1, [node])],                             # not from 0
           [(0, [node + 7])],                         # no such broker
           [(0, [node, node])],                       # the same replica twice
           [(0, [])])                                 # no replica
    for assignment in bad:
        expect_not_created(broker, name, INVALID_ASSIGNMENT, "", partitions=-1, replication=-1,
                           assignments=assignment)
    expect_not_created(broker, name, INVALID_REQUEST, "", partitions=3, replication=-1, assignments=[(0, [node])])


def node_id(broker):
    with broker.connect() as connection:
        reply = connection.call(wire.METADATA, 4, METADATA_OF_NOTHING)
        reply.int32()
        return reply.array(lambda r: (r.int32(), r.string(), r.int32(), r.string()))[0][0]


@check
def validating_creates_nothing(broker):
    name = f"{broker.prefix}-validated"
    with broker.connect() as connection:
        expect(wire.create_topic(connection, name, validate_only=True)[0], NONE)
        expect(wire.metadata(connection, [name])[name][0], UNKNOWN_TOPIC)


@check
def metadata_of_bad_names_is_refused(broker):
    missing = f"{broker.prefix}-missing"
    with broker.connect() as connection:
        answers = wire.metadata(connection, [missing, ".."], auto_create=True)
        expect(answers[".."][0], INVALID_TOPIC)
        wire.delete_topic(connection, missing)


@check
def partitions_only_grow(broker):
    topic = broker.topic("grow", partitions=3)
    with broker.connect() as connection:
        for count in (2, 3, 0):
            expect(ask.create_partitions(connection, topic, count)[0], INVALID_PARTITIONS, f"{count} partitions")
        expect(ask.create_partitions(connection, f"{topic}-not", 5)[0], UNKNOWN_TOPIC)


@check
def bad_config_changes_are_refused(broker):
    topic = broker.topic("alter")
    with broker.connect() as connection:
        expect(ask.alter_topic_config(connection, topic, "no.such.config", "1")[0], INVALID_CONFIG)
        expect(ask.alter_topic_config(connection, topic, "retention.ms", "soon")[0], INVALID_CONFIG)
        expect(ask.alter_topic_config(connection, f"{topic}-not", "retention.ms", "1")[0], UNKNOWN_TOPIC)


@check
def deleting_an_unknown_topic_is_refused(broker):
    with broker.connect() as connection:
        expect(wire.delete_topic(connection, f"{broker.prefix}-none"), UNKNOWN_TOPIC)
