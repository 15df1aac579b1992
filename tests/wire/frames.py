"""Frames, APIs and versions that no good client sends."""

import struct
import time

import requests as ask
import wire
from checks import NONE, UNSUPPORTED_VERSION, METADATA_OF_NOTHING, batch_of, check, expect
from wire import Writer


def expect_closed(broker, data):
    with broker.connect() as connection:
        connection.send_raw(data)
        expect(connection.is_closed(), True, "closed")
    broker.expect_alive()


def frame(payload):
    return struct.pack(">i", len(payload)) + bytes(payload)


def request(api, version, body):
    return frame(Writer().int16(api).int16(version).int32(1).string("bad-input").raw(body).bytes)


@check
def negative_frame_length_closes(broker):
    for length in (-1, -2**31):
        expect_closed(broker, struct.pack(">i", length))


@check
def frame_over_the_limit_closes(broker):
    for length in (104857600 + 1, 2**31 - 1):
        expect_closed(broker, struct.pack(">i", length))


@check
def empty_frame_closes(broker):
    expect_closed(broker, frame(b""))


@check
def frame_ending_inside_its_header_closes(broker):
    expect_closed(broker, frame(b"\x00\x03\x00"))
    expect_closed(broker, frame(struct.pack(">hhih", 3, 4, 1, 30000)))


@check
def garbage_closes(broker):
    expect_closed(broker, frame(bytes(range(251, 155, -1))))
    expect_closed(broker, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    expect_closed(broker, bytes.fromhex("160301020001000001fc0303") + bytes(200))  # TLS on a PLAINTEXT port


@check
def array_count_larger_than_the_frame_closes(broker):
    for count in (5, 2**31 - 1):
        expect_closed(broker, request(wire.METADATA, 4, struct.pack(">i", count)))
        expect_closed(broker, request(wire.PRODUCE, 7, Writer().string(None).int16(1).int32(0).int32(count).bytes))
    compact = Writer().uvarint(2**31 - 1).bytes
    expect_closed(broker, request(wire.METADATA, 9, b"\x00" + compact))


@check
def string_longer_than_the_frame_closes(broker):
    expect_closed(broker, request(wire.METADATA, 4, struct.pack(">ih", 1, 32767)))


@check
def body_cut_short_closes(broker):
    body = Writer().int32(-1).int32(0).int32(1).int32(1 << 20).int8(0).int32(0).bytes
    expect_closed(broker, request(wire.FETCH, 11, body))


@check
def bytes_after_a_request_are_ignored(broker):
    with broker.connect() as connection:
        for _ in range(2):  # the connection stays usable
            connection.call(wire.METADATA, 4, METADATA_OF_NOTHING, trailing=b"more than was asked for")


@check
def frames_in_pieces_are_answered(broker):
    with broker.connect() as connection:
        for byte in request(wire.METADATA, 4, METADATA_OF_NOTHING.bytes):
            connection.send_raw(bytes([byte]))
            time.sleep(0.001)
        connection.receive(1)


@check
def pipelined_requests_are_answered_in_order(broker):
    topic = broker.topic("pipelined")
    with broker.connect() as connection:
        ids = []
        for number in range(60):
            if number % 3:
                body = (Writer().string(None).int16(1).int32(1000).array([topic], lambda w, name: w.string(name).array(
                    [0], lambda v, p: v.int32(p).blob(batch_of()))))
                ids.append(connection.send(wire.PRODUCE, 7, body))
            else:
                ids.append(connection.send(wire.METADATA, 4, METADATA_OF_NOTHING))
        for correlation in ids:
            connection.receive(correlation)


@check
def half_a_frame_and_goodbye_harms_nobody(broker):
    for _ in range(20):
        with broker.connect() as connection:
            connection.send_raw(struct.pack(">i", 1000) + b"half")
    broker.expect_alive()


@check
def unknown_api_closes(broker):
    for api in (999, -1):
        expect_closed(broker, request(api, 0, b""))


@check
def unknown_version_closes(broker):
    expect_closed(broker, request(wire.METADATA, 99, METADATA_OF_NOTHING.bytes))
    expect_closed(broker, request(wire.METADATA, -1, METADATA_OF_NOTHING.bytes))


@check
def unknown_api_versions_version_is_told_the_range(broker):
    with broker.connect() as connection:
        error, ranges, left = ask.api_versions(connection, 99)
        expect((error, list(ranges), left), (UNSUPPORTED_VERSION, [wire.API_VERSIONS], 0))
        error, all_ranges, _ = ask.api_versions(connection, 0)  # on the same connection
        expect(error, NONE)
        expect(ranges[wire.API_VERSIONS], all_ranges[wire.API_VERSIONS], "range of ApiVersions")
