"""Clients that take and take: each is bounded, and everybody else is served all the while."""

import struct
import time

import requests as ask
import wire
from checks import METADATA_OF_NOTHING, NONE, batch_of, check, expect, now
from wire import Writer, record, record_batch


def expect_prompt(broker, topic):
    """Another client writes and reads within two seconds."""
    started = time.monotonic()
    with broker.connect() as connection:
        expect(ask.produce(connection, topic, batch_of())[0], NONE, "another client's Produce")
        expect(ask.fetch(connection, topic, 0)[1], NONE, "another client's Fetch")
    if time.monotonic() - started > 2:
        raise AssertionError(f"another client took {time.monotonic() - started:.1f} s")


@check
def endless_fetch_sessions_leave_room_for_others(broker):
    topic = broker.topic("sessions")
    with broker.connect() as connection:
        for _ in range(3000):  # the cache has 1000 slots
            expect(ask.fetch(connection, topic, 0, session=(0, 0))[0], NONE, "Fetch that opens a session")
    expect_prompt(broker, topic)


@check
def endless_producer_ids_leave_room_for_others(broker):
    topic = broker.topic("producers")
    with broker.connect() as connection:
        for _ in range(1500):  # more than one block of ids
            error, producer, _ = ask.init_producer_id(connection)
            expect(error, NONE, "InitProducerId")
            batch = record_batch([record(0)], timestamp=now(), producer_id=producer, producer_epoch=0, sequence=0)
            expect(ask.produce(connection, topic, batch)[0], NONE, "Produce of a new producer")
    expect_prompt(broker, topic)


@check
def replies_nobody_reads_leave_room_for_others(broker):
    topic = broker.topic("unread")
    with broker.connect() as writer:
        big = record_batch([record(0, value=bytes(900_000))], timestamp=now())
        expect(ask.produce(writer, topic, big)[0], NONE, "Produce")
    fetch = Writer().int16(wire.FETCH).int16(4).int32(1).string("hoarder").int32(-1).int32(0).int32(1).int32(1 << 20)
    fetch.int8(0).array([topic], lambda w, name: w.string(name).array(
        [0], lambda v, p: v.int32(p).int64(0).int32(1 << 20)))
    frame = struct.pack(">i", len(fetch.bytes)) + fetch.bytes
    hoarders = [broker.connect() for _ in range(5)]
    try:
        for hoarder in hoarders:
            hoarder.socket.settimeout(0.5)
            try:
                hoarder.send_raw(frame * 400)  # 400 MB of replies that nobody takes
            except (TimeoutError, wire.Closed):
                pass  # the broker reads no more requests of one that takes no replies
        expect_prompt(broker, topic)
    finally:
        for hoarder in hoarders:
            hoarder.socket.close()
    expect_prompt(broker, topic)


@check
def many_idle_connections_leave_room_for_others(broker):
    topic = broker.topic("idle")
    idle = [broker.connect() for _ in range(500)]
    try:
        expect_prompt(broker, topic)
        idle[-1].call(wire.METADATA, 4, METADATA_OF_NOTHING)
    finally:
        for connection in idle:
            connection.socket.close()
