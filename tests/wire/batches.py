"""Record batches that must be refused, and leave nothing behind in the log."""

import gzip
import zlib

import requests as ask
from checks import (CORRUPT_MESSAGE, INVALID_PRODUCER_EPOCH, INVALID_RECORD, INVALID_REQUIRED_ACKS, INVALID_TIMESTAMP,
                    MESSAGE_TOO_LARGE, NONE, OUT_OF_ORDER_SEQUENCE, UNKNOWN_SERVER_ERROR, UNKNOWN_TOPIC,
                    UNSUPPORTED_COMPRESSION, batch_of, check, expect, now)
from wire import Connection, Writer, record, record_batch


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
