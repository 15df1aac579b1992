"""Calls of the consumer group protocol (KIP-848) that no good client makes."""

from checks import NONE, check, expect
from groups import (GROUP_NOT_FOUND, INCONSISTENT_PROTOCOL, MEMBER_ID_REQUIRED, NON_EMPTY_GROUP, OFFSET_COMMIT, UNKNOWN_MEMBER,
                    UNKNOWN_TOPIC, delete, find, join)
from wire import Closed, Writer

CONSUMER_GROUP_HEARTBEAT = 68
INVALID_REQUEST, FENCED_EPOCH, UNSUPPORTED_ASSIGNOR, STALE_EPOCH, INVALID_REGEX = 42, 110, 112, 113, 128
LEAVE = -1


def beat(connection, group, member, epoch, topics=None, regex=None, assignor=None, timeout_ms=None, owned=None):
    """Error and epoch. What is not said is as it was; who joins says everything."""
    if epoch == 0 and timeout_ms is None:
        timeout_ms = 10_000
    body = Writer().compact_string(group).compact_string(member).int32(epoch).compact_string(None).compact_string(None)
    body.int32(-1 if timeout_ms is None else timeout_ms)
    array(body, topics, lambda topic: body.compact_string(topic))
    body.compact_string(regex).compact_string(assignor)
    array(body, [] if owned is None and epoch == 0 else owned,
          lambda one: (body.raw(one[0]), array(body, one[1], body.int32), body.tags()))
    body.tags()
    answer = connection.call(CONSUMER_GROUP_HEARTBEAT, 1, body, flexible=True)
    answer.int32()
    error = answer.int16()
    answer.compact_string()
    answer.compact_string()
    return error, answer.int32()


def array(body, items, write):
    body.uvarint(0 if items is None else len(items) + 1)
    for item in items or ():
        write(item)


def commit(connection, group, topic, member, epoch):
    body = Writer().compact_string(group).int32(epoch).compact_string(member).compact_string(None)
    array(body, [topic], lambda name: (body.compact_string(name), array(body, [0], lambda index: body.int32(index).int64(5)
          .int32(-1).compact_string("").tags()), body.tags()))
    body.tags()
    answer = connection.call(OFFSET_COMMIT, 9, body, flexible=True)
    answer.int32()
    answer.uvarint()
    answer.compact_string()
    answer.uvarint()
    answer.int32()
    return answer.int16()


@check
def heartbeats_that_say_nothing_sensible_are_refused(broker):
    group = f"{broker.prefix}-848-odd"
    with broker.connect() as connection:
        find(connection, group)
        expect(beat(connection, "", "m", 0, ["t"])[0], INVALID_REQUEST, "no group")
        expect(beat(connection, group, "", 0, ["t"])[0], INVALID_REQUEST, "no member")
        expect(beat(connection, group, "m", -5, ["t"])[0], INVALID_REQUEST, "an epoch that is none")
        expect(beat(connection, group, "m", 0)[0], INVALID_REQUEST, "no subscription")
        expect(beat(connection, group, "m", 0, ["t"], timeout_ms=-1)[0], INVALID_REQUEST, "no rebalance timeout")
        expect(beat(connection, group, "m", 0, ["t"], owned=[(bytes(16), [0])])[0], INVALID_REQUEST, "partitions at once")
        expect(beat(connection, group, "m", 0, ["t"], assignor="best")[0], UNSUPPORTED_ASSIGNOR)
        expect(beat(connection, group, "m", 3)[0], GROUP_NOT_FOUND, "a group that is not")
        # As long as a text may be.
        long = "g" * 32_767
        find(connection, long)
        expect(beat(connection, long, "m", 0, ["t"])[0], NONE, "a long id")
        expect(beat(connection, long, "m", LEAVE)[0], NONE)
        # Longer ones do not decode.
        for odd in ((f"{long}g", "m"), (group, f"{long}m")):
            with broker.connect() as other:
                try:
                    raise AssertionError(f"a text that is too long is answered with {beat(other, *odd, 0, ['t'])}")
                except Closed:
                    pass
        expect(beat(connection, group, "m", 3)[0], GROUP_NOT_FOUND, "the broker still answers")


@check
def members_and_epochs_that_are_not_are_refused(broker):
    group, topic = f"{broker.prefix}-848-stale", broker.topic("848-stale")
    with broker.connect() as connection:
        find(connection, group)
        error, epoch = beat(connection, group, "m", 0, [topic])
        expect(error, NONE)
        expect(beat(connection, group, "stranger", 1)[0], UNKNOWN_MEMBER)
        expect(beat(connection, group, "m", epoch + 7)[0], FENCED_EPOCH, "an epoch to come")
        expect(beat(connection, group, "stranger", LEAVE)[0], UNKNOWN_MEMBER, "a stranger leaves")
        expect(commit(connection, group, topic, "m", epoch + 1), STALE_EPOCH, "commit of an epoch to come")
        expect(commit(connection, group, topic, "stranger", epoch), UNKNOWN_MEMBER, "commit of a stranger")
        expect(commit(connection, group, topic, "m", epoch), NONE)
        expect(commit(connection, group, f"{topic}-none", "m", epoch), UNKNOWN_TOPIC)
        expect(join(connection, group, protocol="connect")[0], INCONSISTENT_PROTOCOL, "another type of protocol")
        expect(join(connection, group, metadata=b"\x00\x01\x7f\xff\xff\xff")[0] in (INCONSISTENT_PROTOCOL, MEMBER_ID_REQUIRED),
               True, "a classic member whose subscription is garbage")
        expect(delete(connection, group), NON_EMPTY_GROUP)
        expect(beat(connection, group, "m", LEAVE), (NONE, LEAVE), "leaving")
        expect(delete(connection, group), NONE)


@check
def expressions_that_explode_are_refused(broker):
    group = f"{broker.prefix}-848-regex"
    with broker.connect() as connection:
        find(connection, group)
        for regex in ("(", "a**", "[z-a]", "(?=x)", "((((a{1,100}){1,100}){1,100}){1,100}){1,100}"):
            expect(beat(connection, group, "m", 0, regex=regex)[0], INVALID_REGEX, regex)
        # Exponential where expressions are matched by trying; harmless where they are not.
        expect(beat(connection, group, "m", 0, regex="(a|aa|a?)*b" * 5)[0], NONE)
        expect(beat(connection, group, "m", LEAVE)[0], NONE)
