"""Group calls that no good client makes."""

import time

from checks import NONE, check, expect
from wire import Writer

COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR = 14, 16
OFFSET_METADATA_TOO_LARGE, ILLEGAL_GENERATION, INCONSISTENT_PROTOCOL, INVALID_GROUP, UNKNOWN_MEMBER = 12, 22, 23, 24, 25
INVALID_SESSION_TIMEOUT, MEMBER_ID_REQUIRED, NON_EMPTY_GROUP, GROUP_NOT_FOUND = 26, 79, 68, 69
UNKNOWN_TOPIC = 3
OFFSET_COMMIT, FIND_COORDINATOR, JOIN_GROUP, HEARTBEAT, LEAVE_GROUP, SYNC_GROUP = 8, 10, 11, 12, 13, 14
DELETE_GROUPS = 42


def find(connection, group):
    """Waits until the group's coordinator can be asked."""
    deadline = time.monotonic() + 10
    while True:
        error = connection.call(FIND_COORDINATOR, 0, Writer().string(group)).int16()
        if error == NONE and heartbeat(connection, group, "nobody", 0) == UNKNOWN_MEMBER:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"no coordinator: error {error}")
        time.sleep(0.05)


def join(connection, group, member="", session_ms=10_000, protocol="consumer", names=("range",), metadata=b"x", version=5):
    """Error, generation, leader, member id. Version 5 asks for an id; 0 to 3 do not."""
    body = Writer().string(group).int32(session_ms)
    if version >= 1:
        body.int32(1_000)
    body.string(member)
    if version >= 5:
        body.string(None)
    body.string(protocol).array(names, lambda w, name: w.string(name).blob(metadata))
    answer = connection.call(JOIN_GROUP, version, body)
    if version >= 2:
        answer.int32()
    error, generation, _, leader, member = answer.int16(), answer.int32(), answer.string(), answer.string(), answer.string()
    return error, generation, leader, member


def heartbeat(connection, group, member, generation):
    return connection.call(HEARTBEAT, 0, Writer().string(group).int32(generation).string(member)).int16()


def sync(connection, group, member, generation, assignments=()):
    body = Writer().string(group).int32(generation).string(member)
    body.array(assignments, lambda w, one: w.string(one[0]).blob(one[1]))
    return connection.call(SYNC_GROUP, 0, body).int16()


def commit(connection, group, topic, member="", generation=-1, metadata="", partition=0):
    body = Writer().string(group).int32(generation).string(member).int64(-1)
    body.array([topic], lambda w, name: w.string(name).array(
        [partition], lambda p, index: p.int32(index).int64(5).string(metadata)))
    answer = connection.call(OFFSET_COMMIT, 2, body)
    answer.int32()
    answer.string()
    answer.int32()
    answer.int32()
    return answer.int16()


def delete(connection, group):
    answer = connection.call(DELETE_GROUPS, 0, Writer().array([group], lambda w, name: w.string(name)))
    answer.int32()
    answer.int32()
    answer.string()
    return answer.int16()


@check
def group_ids_that_are_none_are_refused(broker):
    with broker.connect() as connection:
        find(connection, "here")
        expect(join(connection, "")[0], INVALID_GROUP, "JoinGroup")
        expect(sync(connection, "", "m", 1), INVALID_GROUP, "SyncGroup")
        expect(heartbeat(connection, "", "m", 1), INVALID_GROUP, "Heartbeat")
        # As long as a text of the protocol may be: it is kept like any other.
        long = "g" * 32_767
        find(connection, long)
        expect(join(connection, long)[0], MEMBER_ID_REQUIRED, "JoinGroup with a long id")


@check
def members_and_generations_that_are_not_are_refused(broker):
    group, topic = f"{broker.prefix}-stale", broker.topic("stale")
    with broker.connect() as connection:
        find(connection, group)
        expect(join(connection, group, "stranger")[0], UNKNOWN_MEMBER, "joining with an id of one's own")
        error, _, _, member = join(connection, group)
        expect(error, MEMBER_ID_REQUIRED)
        error, generation, leader, _ = join(connection, group, member)
        expect((error, generation, leader), (NONE, 1, member))
        expect(sync(connection, group, "stranger", 1), UNKNOWN_MEMBER, "SyncGroup of a stranger")
        expect(sync(connection, group, member, 9), ILLEGAL_GENERATION, "SyncGroup of a generation to come")
        expect(sync(connection, group, member, 1, [(member, b"all"), ("stranger", b"none")]), NONE)
        expect(heartbeat(connection, group, member, 0), ILLEGAL_GENERATION, "Heartbeat of the last generation")
        expect(heartbeat(connection, group, "stranger", 1), UNKNOWN_MEMBER)
        expect(commit(connection, group, topic, member, 0), ILLEGAL_GENERATION, "commit of the last generation")
        expect(commit(connection, group, topic), UNKNOWN_MEMBER, "commit of nobody")
        expect(commit(connection, group, topic, member, 1), NONE)
        expect(join(connection, group, protocol="connect")[0], INCONSISTENT_PROTOCOL, "another type of protocol")
        expect(join(connection, group, names=("sticky",))[0], INCONSISTENT_PROTOCOL, "no protocol in common")
        expect(delete(connection, group), NON_EMPTY_GROUP)
        expect(delete(connection, f"{group}-none"), GROUP_NOT_FOUND)


@check
def session_timeouts_out_of_bounds_are_refused(broker):
    with broker.connect() as connection:
        find(connection, "sessions")
        for session_ms in (-1, 0, 5_999, 1_800_001, 2**31 - 1):
            expect(join(connection, "sessions", session_ms=session_ms)[0], INVALID_SESSION_TIMEOUT, f"{session_ms} ms")


@check
def commits_of_what_is_not_are_refused(broker):
    group, topic = f"{broker.prefix}-commits", broker.topic("commits")
    with broker.connect() as connection:
        find(connection, group)
        expect(commit(connection, group, f"{topic}-none"), UNKNOWN_TOPIC, "a topic that is not")
        expect(commit(connection, group, topic, partition=7), UNKNOWN_TOPIC, "a partition that is not")
        expect(commit(connection, group, topic, metadata="m" * 4_097), OFFSET_METADATA_TOO_LARGE)
        expect(commit(connection, group, topic, metadata="m" * 4_096), NONE)
        expect(commit(connection, group, topic, "stranger", 3), UNKNOWN_MEMBER)


@check
def subscriptions_that_are_garbage_hurt_nobody(broker):
    group, topic = f"{broker.prefix}-garbage", broker.topic("garbage")
    with broker.connect() as connection:
        find(connection, group)
        for metadata in (b"", b"\x00", b"\x7f\xff" * 40, b"\x00\x01\x7f\xff\xff\xff", bytes(100_000)):
            error, generation, _, member = join(connection, group, metadata=metadata, version=3)
            expect(error, NONE, f"joining with {metadata[:8]}")
            expect(sync(connection, group, member, generation, [(member, metadata)]), NONE)
            expect(commit(connection, group, topic, member, generation), NONE)
            leave = Writer().string(group).string(member)
            expect(connection.call(LEAVE_GROUP, 0, leave).int16(), NONE, "leaving")
