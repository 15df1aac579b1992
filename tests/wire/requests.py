"""The requests that the bad-input checks send, each a function that returns what a check looks at."""

import time

from wire import (CREATE_PARTITIONS, DELETE_RECORDS, FETCH, INCREMENTAL_ALTER_CONFIGS, INIT_PRODUCER_ID, LIST_OFFSETS,
                  OFFSET_FOR_LEADER_EPOCH, PRODUCE, Reader, Writer)

EARLIEST, LATEST = -2, -1
COORDINATOR_LOAD_IN_PROGRESS = 14


def produce(connection, topic, batch, partition=0, version=8, acks=-1):
    """Returns (error code, base offset, record errors as (batch index, message), message)."""
    body = (Writer().string(None).int16(acks).int32(10000)
            .array([topic], lambda w, name: w.string(name).array([partition], lambda v, p: v.int32(p).blob(batch))))
    reply = connection.call(PRODUCE, version, body)

    def one(r):
        r.int32()
        error, offset = r.int16(), r.int64()
        r.int64()
        if version >= 5:
            r.int64()
        if version < 8:
            return error, offset, [], None
        return error, offset, r.array(lambda s: (s.int32(), s.string())), r.string()

    return reply.array(lambda r: (r.string(), r.array(one)))[0][1][0]


def fetch(connection, topic, offset, partition=0, leader_epoch=-1, session=(0, -1), max_wait=0):
    """Fetch v11; returns (top-level error, partition error, records). The last two are None without an answer."""
    body = (Writer().int32(-1).int32(max_wait).int32(1).int32(1 << 20).int8(0).int32(session[0]).int32(session[1])
            .array([topic], lambda w, name: w.string(name).array(
                [partition], lambda v, p: v.int32(p).int32(leader_epoch).int64(offset).int64(-1).int32(1 << 20)))
            .int32(0).string(""))
    reply = connection.call(FETCH, 11, body)
    reply.int32()
    error = reply.int16()
    reply.int32()

    def one(r):
        r.int32()
        partition_error = r.int16()
        r.int64(), r.int64(), r.int64()
        r.array(lambda s: (s.int64(), s.int64()))
        r.int32()
        return partition_error, r.blob()

    topics = reply.array(lambda r: (r.string(), r.array(one)))
    return (error, *topics[0][1][0]) if topics else (error, None, None)


def fetch_by_id(connection, topic_id):
    """Fetch v13 of partition 0 of a topic id; returns (top-level error, partition error)."""
    body = (Writer().int32(-1).int32(0).int32(1).int32(1 << 20).int8(0).int32(0).int32(-1)
            .uvarint(2).raw(topic_id).uvarint(2)
            .int32(0).int32(-1).int64(0).int32(-1).int64(-1).int32(1 << 20).tags().tags()
            .uvarint(1).compact_string("").tags())
    reply = connection.call(FETCH, 13, body, flexible=True)
    reply.int32()
    error = reply.int16()
    reply.int32()
    if reply.uvarint() < 2:
        return error, None
    reply.raw(16)
    reply.uvarint()
    reply.int32()
    return error, reply.int16()


def list_offset(connection, topic, time, partition=0, leader_epoch=-1):
    """ListOffsets v4; returns (error code, offset)."""
    body = Writer().int32(-1).int8(0).array([topic], lambda w, name: w.string(name).array(
        [partition], lambda v, p: v.int32(p).int32(leader_epoch).int64(time)))
    reply = connection.call(LIST_OFFSETS, 4, body)
    reply.int32()

    def one(r):
        r.int32()
        error = r.int16()
        r.int64()
        offset = r.int64()
        r.int32()
        return error, offset

    return reply.array(lambda r: (r.string(), r.array(one)))[0][1][0]


def end_for_epoch(connection, topic, epoch, current_epoch=-1, partition=0):
    """OffsetForLeaderEpoch v3; returns (error code, leader epoch, end offset)."""
    body = Writer().int32(-2).array([topic], lambda w, name: w.string(name).array(
        [partition], lambda v, p: v.int32(p).int32(current_epoch).int32(epoch)))
    reply = connection.call(OFFSET_FOR_LEADER_EPOCH, 3, body)
    reply.int32()

    def one(r):
        error = r.int16()
        r.int32()
        return error, r.int32(), r.int64()

    return reply.array(lambda r: (r.string(), r.array(one)))[0][1][0]


def delete_records(connection, topic, offset, partition=0):
    """DeleteRecords v1; returns (error code, low watermark)."""
    body = Writer().array([topic], lambda w, name: w.string(name).array(
        [partition], lambda v, p: v.int32(p).int64(offset))).int32(10000)
    reply = connection.call(DELETE_RECORDS, 1, body)
    reply.int32()

    def one(r):
        r.int32()
        low = r.int64()
        return r.int16(), low

    return reply.array(lambda r: (r.string(), r.array(one)))[0][1][0]


def create_partitions(connection, topic, count):
    """CreatePartitions v1; returns (error code, message)."""
    body = Writer().array([topic], lambda w, name: w.string(name).int32(count).int32(-1)).int32(10000).int8(0)
    reply = connection.call(CREATE_PARTITIONS, 1, body)
    reply.int32()
    return reply.array(lambda r: (r.string(), r.int16(), r.string()))[0][1:]


def alter_topic_config(connection, topic, key, value, operation=0):
    """IncrementalAlterConfigs v0; returns (error code, message)."""
    body = Writer().array([topic], lambda w, name: w.int8(2).string(name).array(
        [key], lambda v, k: v.string(k).int8(operation).string(value))).int8(0)
    reply = connection.call(INCREMENTAL_ALTER_CONFIGS, 0, body)
    reply.int32()
    return reply.array(lambda r: (r.int16(), r.string(), r.int8(), r.string()))[0][:2]


def init_producer_id(connection):
    """InitProducerId v1 without a transactional id; returns (error code, producer id, epoch)."""
    while True:
        reply = connection.call(INIT_PRODUCER_ID, 1, Writer().string(None).int32(60000))
        reply.int32()
        error, producer, epoch = reply.int16(), reply.int64(), reply.int16()
        if error != COORDINATOR_LOAD_IN_PROGRESS:  # a broker may answer so while it fetches a block of ids
            return error, producer, epoch
        time.sleep(0.02)


def api_versions(connection, version):
    """ApiVersions in its v0 reply form; returns (error code, {api: (min, max)}, bytes left)."""
    reply = connection.call(18, version, b"\x01\x01\x00" if version >= 3 else b"", flexible=version >= 3)
    error = reply.int16()
    ranges = {api: (low, high) for api, low, high in reply.array(lambda r: (r.int16(), Reader.int16(r), r.int16()))}
    return error, ranges, reply.left()


def set_group_config(connection, group, name, value):
    """By IncrementalAlterConfigs; raises if it is refused."""
    body = Writer().array([group], lambda w, resource: w.int8(32).string(resource).array(
        [name], lambda c, option: c.string(option).int8(0).string(value))).int8(0)
    answer = connection.call(INCREMENTAL_ALTER_CONFIGS, 0, body)
    answer.int32()
    answer.int32()
    error = answer.int16()
    if error:
        raise AssertionError(f"{name} of group {group}: error {error}")
