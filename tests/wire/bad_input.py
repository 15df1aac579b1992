#!/usr/bin/env python3
"""Sends a broker what no good client sends, and looks at what it answers: bad_input.py --bootstrap HOST:PORT.

Every expectation is what Apache Kafka 4.3.1 does, except that Kafka answers UNKNOWN_SERVER_ERROR to some bad batches,
and takes a record of any unpacked size: `--kafka` expects that instead. The limits assumed are the default ones
(socket.request.max.bytes, message.timestamp.after.max.ms, message.max.bytes).
"""

import argparse
import gzip
import json
import pathlib
import struct
import sys
import time
import traceback
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import requests as ask
import wire
from wire import Connection, Writer, record, record_batch

NONE, UNKNOWN_SERVER_ERROR, OFFSET_OUT_OF_RANGE, CORRUPT_MESSAGE, UNKNOWN_TOPIC = 0, -1, 1, 2, 3
MESSAGE_TOO_LARGE, INVALID_TOPIC, INVALID_REQUIRED_ACKS, INVALID_TIMESTAMP, UNSUPPORTED_VERSION = 10, 17, 21, 32, 35
TOPIC_EXISTS, INVALID_PARTITIONS, INVALID_REPLICATION_FACTOR, INVALID_ASSIGNMENT, INVALID_CONFIG = 36, 37, 38, 39, 40
INVALID_REQUEST, OUT_OF_ORDER_SEQUENCE, INVALID_PRODUCER_EPOCH = 42, 45, 47
FETCH_SESSION_NOT_FOUND, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, UNSUPPORTED_COMPRESSION = 70, 74, 75, 76
INVALID_RECORD, UNKNOWN_TOPIC_ID = 87, 100

METADATA_OF_NOTHING = Writer().int32(0).int8(0)
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def expect(got, wanted, what=""):
    if got != wanted:
        raise AssertionError(f"{what or 'answer'} is {got}, not {wanted}")


def now():
    return int(time.time() * 1000)


def batch_of(count=3, **overrides):
    overrides.setdefault("timestamp", now())
    return record_batch([record(at) for at in range(count)], **overrides)


class Broker:
    """The broker under test, and a topic per check, so that checks do not disturb each other."""

    def __init__(self, bootstrap, is_kafka=False):
        self.is_kafka = is_kafka
        self.bootstrap = bootstrap
        self.prefix = f"bad-input-{time.time_ns() % 10**9}"
        self.made = []

    def connect(self):
        return Connection(self.bootstrap)

    def topic(self, name, **options):
        full = f"{self.prefix}-{name}"
        with self.connect() as connection:
            expect(wire.create_topic(connection, full, **options)[0], NONE, "creating the topic")
            self.made.append(full)
            deadline = time.monotonic() + 5
            while ask.list_offset(connection, full, ask.LATEST)[0] != NONE:  # listed is not yet led
                if time.monotonic() > deadline:
                    raise AssertionError("the new topic has no leader")
                time.sleep(0.05)
        return full

    def expect_alive(self):
        with self.connect() as connection:
            expect(ask.api_versions(connection, 0)[0], NONE, "ApiVersions")

    def clean_up(self):
        with self.connect() as connection:
            for name in self.made:
                wire.delete_topic(connection, name)


# --- frames ---------------------------------------------------------------------------------------------------------

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


# --- APIs and versions ----------------------------------------------------------------------------------------------

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


# --- batches --------------------------------------------------------------------------------------------------------

def expect_refused(broker, batch, wanted, topic=None, version=8):
    """The batch is refused with `wanted`, and the log does not grow. Returns the record errors and the message."""
    topic = topic or broker.topic(f"refusal-{len(broker.made)}")
    with broker.connect() as connection:
        before = ask.list_offset(connection, topic, ask.LATEST)
        error, _, record_errors, message = ask.produce(connection, topic, batch, version=version)
        expect(error, wanted, "error")
        expect(ask.list_offset(connection, topic, ask.LATEST), before, "end offset after the refusal")
        expect(ask.produce(connection, topic, record_batch([record(0, key=b"k")], timestamp=now()))[0], NONE,
               "a good batch afterwards")
    return record_errors, message


@check
def wrong_checksum_is_corrupt(broker):
    expect_refused(broker, batch_of(crc=12345), CORRUPT_MESSAGE)


@check
def flipped_bit_is_corrupt(broker):
    batch = bytearray(batch_of())
    batch[-1] ^= 1
    expect_refused(broker, bytes(batch), CORRUPT_MESSAGE)


@check
def wrong_batch_length_is_corrupt(broker):
    for length in (0, 10, 48, -1):
        expect_refused(broker, batch_of(length=length), CORRUPT_MESSAGE)


@check
def unknown_codec_is_refused(broker):
    for codec in (5, 7):
        wanted = UNKNOWN_SERVER_ERROR if broker.is_kafka else UNSUPPORTED_COMPRESSION
        expect_refused(broker, batch_of(attributes=codec), wanted)


@check
def zstd_before_produce_v7_is_refused(broker):
    expect_refused(broker, batch_of(attributes=4), UNSUPPORTED_COMPRESSION, version=6)


@check
def records_that_do_not_decompress_are_refused(broker):
    for codec in (1, 2, 3, 4):
        with_junk = record_batch(b"this is no compressed data at all", attributes=codec, count=1, timestamp=now())
        topic = broker.topic(f"junk-{codec}")
        with broker.connect() as connection:
            error = ask.produce(connection, topic, with_junk)[0]
            wanted = (UNKNOWN_SERVER_ERROR,) if broker.is_kafka else (CORRUPT_MESSAGE, INVALID_RECORD)
            if error not in wanted:
                raise AssertionError(f"codec {codec}: error {error}, not one of {wanted}")
            expect(ask.list_offset(connection, topic, ask.LATEST), (NONE, 0), "end offset")


@check
def a_small_batch_that_unpacks_to_much_is_refused(broker):
    huge = Writer().int8(0).varint(0).varint(0).varint(-1).varint(1 << 28).bytes
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = packer.compress(Writer().varint(len(huge) + (1 << 28) + 1).raw(huge).bytes)
    zeros = bytes(1 << 20)
    for _ in range(256):
        data += packer.compress(zeros)
    data += packer.compress(b"\x00") + packer.flush()
    topic = broker.topic("bomb")
    with Connection(broker.bootstrap, timeout=60) as connection:
        # One record of 256 MB in about 260 KB: more than 100 x max.message.bytes.
        error = ask.produce(connection, topic, record_batch(data, attributes=1, count=1, timestamp=now()))[0]
        expect(error, NONE if broker.is_kafka else INVALID_RECORD, "error")
    broker.expect_alive()


@check
def record_count_that_does_not_match_is_refused(broker):
    compressed = gzip.compress(bytes(record(0)))
    expect_refused(broker, record_batch(compressed, attributes=1, count=3, timestamp=now()), INVALID_RECORD)
    expect_refused(broker, batch_of(count=3, last_delta=7), INVALID_RECORD)
    expect_refused(broker, record_batch([record(0)], count=0, last_delta=0, timestamp=now()), INVALID_RECORD)


@check
def two_batches_for_one_partition_are_refused(broker):
    expect_refused(broker, batch_of() + batch_of(), INVALID_RECORD)


@check
def control_batch_from_a_client_is_refused(broker):
    control = record_batch([record(0, key=b"\x00\x00\x00\x01", value=bytes(6))], attributes=0x20, timestamp=now())
    expect_refused(broker, control, INVALID_RECORD)


@check
def too_large_a_batch_is_refused(broker):
    topic = broker.topic("large", configs=[("max.message.bytes", "500")])
    batch = record_batch([record(0, value=bytes(1000))], timestamp=now())
    expect_refused(broker, batch, MESSAGE_TOO_LARGE, topic)


@check
def timestamp_of_the_future_is_refused(broker):
    errors, _ = expect_refused(broker, batch_of(count=1, timestamp=now() + 2 * 3_600_000), INVALID_TIMESTAMP)
    expect([index for index, _ in errors], [0], "records with errors")


@check
def timestamp_of_the_past_is_refused_when_limited(broker):
    topic = broker.topic("past", configs=[("message.timestamp.before.max.ms", "60000")])
    expect_refused(broker, batch_of(count=1, timestamp=now() - 3_600_000), INVALID_TIMESTAMP, topic)


@check
def missing_key_on_a_compacted_topic_is_refused(broker):
    topic = broker.topic("compacted", configs=[("cleanup.policy", "compact")])
    batch = record_batch([record(0), record(1, key=None), record(2, key=None)], timestamp=now())
    errors, message = expect_refused(broker, batch, INVALID_RECORD, topic)
    expect([index for index, _ in errors], [1, 2], "records with errors")
    expect(bool(message), True, "a message")


@check
def bad_acks_are_refused(broker):
    topic = broker.topic("acks")
    with broker.connect() as connection:
        expect(ask.produce(connection, topic, batch_of(), acks=5)[0], INVALID_REQUIRED_ACKS)
        expect(ask.list_offset(connection, topic, ask.LATEST), (NONE, 0), "end offset")


@check
def unknown_topic_or_partition_is_refused(broker):
    topic = broker.topic("known")
    with broker.connect() as connection:
        expect(ask.produce(connection, f"{topic}-not", batch_of())[0], UNKNOWN_TOPIC)
        expect(ask.produce(connection, topic, batch_of(), partition=7)[0], UNKNOWN_TOPIC)
        expect(ask.produce(connection, topic, batch_of(), partition=-1)[0], UNKNOWN_TOPIC)


@check
def sequences_are_checked(broker):
    topic = broker.topic("sequences")
    with broker.connect() as connection:
        error, producer, epoch = ask.init_producer_id(connection)
        expect((error, epoch), (NONE, 0))

        def write(sequence, producer_epoch=0, count=3):
            batch = batch_of(count=count, producer_id=producer, producer_epoch=producer_epoch, sequence=sequence)
            return ask.produce(connection, topic, batch)[:2]

        expect(write(0), (NONE, 0))
        expect(write(3), (NONE, 3))
        expect(write(3), (NONE, 3), "the duplicate")
        expect(write(0), (NONE, 0), "the older duplicate")
        expect(write(9)[0], OUT_OF_ORDER_SEQUENCE, "the gap")
        expect(write(6), (NONE, 6))
        expect(write(5, producer_epoch=1)[0], OUT_OF_ORDER_SEQUENCE, "a new epoch not beginning at 0")
        expect(write(0, producer_epoch=1), (NONE, 9), "a new epoch")
        expect(write(9, producer_epoch=0)[0], INVALID_PRODUCER_EPOCH, "the old epoch")
        expect(ask.list_offset(connection, topic, ask.LATEST), (NONE, 12), "end offset")


# --- topics ---------------------------------------------------------------------------------------------------------

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


# --- offsets and epochs ---------------------------------------------------------------------------------------------

def topic_from_2_to_6(broker, name):
    topic = broker.topic(name)
    with broker.connect() as connection:
        expect(ask.produce(connection, topic, batch_of(count=6))[:2], (NONE, 0))
        expect(ask.delete_records(connection, topic, 2), (NONE, 2))
    return topic


@check
def offsets_out_of_range_are_refused(broker):
    topic = topic_from_2_to_6(broker, "range")
    with broker.connect() as connection:
        expect(ask.fetch(connection, topic, 1)[1], OFFSET_OUT_OF_RANGE, "below the start")
        expect(ask.fetch(connection, topic, 7)[1], OFFSET_OUT_OF_RANGE, "above the end")
        expect(ask.fetch(connection, topic, -1)[1], OFFSET_OUT_OF_RANGE, "negative")
        expect(ask.fetch(connection, topic, 6)[1:], (NONE, b""), "at the end")
        expect(bool(ask.fetch(connection, topic, 3)[2]), True, "records inside")


@check
def deleting_records_out_of_range_is_refused(broker):
    topic = topic_from_2_to_6(broker, "delete-records")
    with broker.connect() as connection:
        expect(ask.delete_records(connection, topic, 7)[0], OFFSET_OUT_OF_RANGE, "above the end")
        expect(ask.delete_records(connection, topic, -2)[0], OFFSET_OUT_OF_RANGE, "negative")
        expect(ask.delete_records(connection, topic, 1), (NONE, 2), "below the start")
        expect(ask.delete_records(connection, topic, -1), (NONE, 6), "up to the end")
        expect(ask.delete_records(connection, topic, 0, partition=3)[0], UNKNOWN_TOPIC)


@check
def wrong_leader_epochs_are_refused(broker):
    topic = topic_from_2_to_6(broker, "epochs")
    with broker.connect() as connection:
        expect(ask.fetch(connection, topic, 3, leader_epoch=99)[1], UNKNOWN_LEADER_EPOCH, "Fetch")
        expect(ask.list_offset(connection, topic, ask.LATEST, leader_epoch=99)[0], UNKNOWN_LEADER_EPOCH, "ListOffsets")
        expect(ask.end_for_epoch(connection, topic, 0, current_epoch=99)[0], UNKNOWN_LEADER_EPOCH, "epoch lookup")
        expect(ask.end_for_epoch(connection, topic, 0), (NONE, 0, 6), "end of epoch 0")
        expect(ask.end_for_epoch(connection, topic, 99), (NONE, -1, -1), "end of an epoch to come")


@check
def unknown_topics_are_refused(broker):
    name = f"{broker.prefix}-none"
    topic = broker.topic("partitions")
    with broker.connect() as connection:
        expect(ask.fetch(connection, name, 0)[1], UNKNOWN_TOPIC, "Fetch")
        expect(ask.fetch(connection, topic, 0, partition=9)[1], UNKNOWN_TOPIC, "Fetch of a partition")
        expect(ask.list_offset(connection, name, ask.LATEST)[0], UNKNOWN_TOPIC, "ListOffsets")
        expect(ask.end_for_epoch(connection, name, 0)[0], UNKNOWN_TOPIC, "epoch lookup")
        expect(ask.delete_records(connection, name, 0)[0], UNKNOWN_TOPIC, "DeleteRecords")


@check
def unknown_topic_id_is_refused(broker):
    with broker.connect() as connection:
        expect(ask.fetch_by_id(connection, bytes(range(16))), (NONE, UNKNOWN_TOPIC_ID))


@check
def unknown_fetch_session_is_refused(broker):
    topic = broker.topic("session")
    with broker.connect() as connection:
        expect(ask.fetch(connection, topic, 0, session=(123456789, 5))[0], FETCH_SESSION_NOT_FOUND)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bootstrap", required=True)
    arguments.add_argument("--only", default="", help="checks with this in their name")
    arguments.add_argument("--kafka", action="store_true", help="the broker is Apache Kafka itself")
    options = arguments.parse_args()
    broker = Broker(options.bootstrap, options.kafka)
    failures = 0
    for one in CHECKS:
        if options.only not in one.__name__:
            continue
        started = time.monotonic()
        try:
            one(broker)
            ok, detail = True, ""
        except AssertionError as failure:
            ok, detail = False, str(failure)
        except Exception:
            ok, detail = False, traceback.format_exc(limit=-3)
        failures += not ok
        print(json.dumps({"step": one.__name__.replace("_", " "), "ok": ok, "detail": detail,
                          "seconds": round(time.monotonic() - started, 2)}), flush=True)
    broker.clean_up()
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
