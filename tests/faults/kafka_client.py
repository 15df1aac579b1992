"""Just enough of a Kafka client to put load on a broker that dies all the time; over tests/lib/wire.py."""

import pathlib
import struct
import sys
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "lib"))
sys.path.insert(1, str(TESTS / "wire"))

import wire
from requests import EARLIEST, list_offset

NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION = 0, 1, 3
DUPLICATE_SEQUENCE_NUMBER = 46
# What a broker may say while it starts, stops or has no room; a client sends again.
RETRIABLE = {3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 56}


class Gone(Exception):
    """The connection is of no use any more; connect again."""


def connect(bootstrap, give_up, timeout=20.0):
    """A connection, as soon as the broker takes one; None once `give_up()` says so."""
    while not give_up():
        try:
            return wire.Connection(bootstrap, timeout)
        except OSError:
            time.sleep(0.003)
    return None


def init_producer_id(connection):
    """(producer id, epoch) of a new idempotent producer; Gone if it has to be asked again."""
    reply = connection.call(wire.INIT_PRODUCER_ID, 0, wire.Writer().string(None).int32(60000))
    reply.int32()
    error, producer, epoch = reply.int16(), reply.int64(), reply.int16()
    if error in RETRIABLE:
        raise Gone
    if error:
        raise AssertionError(f"InitProducerId answers {error}")
    return producer, epoch


def produce_body(topic, batches, acks=-1):
    """`batches`: {partition: bytes}."""
    return (wire.Writer().string(None).int16(acks).int32(10000)
            .array([topic], lambda w, name: w.string(name)
                   .array(list(batches.items()), lambda v, one: v.int32(one[0]).blob(one[1]))))


def produced(reply):
    """{partition: (error, base offset)} of a Produce v3 reply."""
    answers = {}
    for _ in range(reply.int32()):
        reply.string()
        for _ in range(reply.int32()):
            partition, error, offset = reply.int32(), reply.int16(), reply.int64()
            reply.int64()
            answers[partition] = (error, offset)
    return answers


def fetch(connection, topic, positions, wait_ms=50, max_bytes=1 << 20):
    """{partition: (error, high watermark, [(offset, value)] from the position on)}; Fetch v4."""
    body = (wire.Writer().int32(-1).int32(wait_ms).int32(1).int32(max_bytes).int8(0)
            .array([topic], lambda w, name: w.string(name)
                   .array(list(positions.items()), lambda v, at: v.int32(at[0]).int64(at[1]).int32(max_bytes))))
    reply = connection.call(wire.FETCH, 4, body)
    reply.int32()
    answers = {}
    for _ in range(reply.int32()):
        reply.string()
        for _ in range(reply.int32()):
            partition, error, high_watermark = reply.int32(), reply.int16(), reply.int64()
            reply.int64()
            for _ in range(max(reply.int32(), 0)):
                reply.int64(), reply.int64()
            data = reply.blob() or b""
            answers[partition] = (error, high_watermark, records_in(data, positions[partition]))
    return answers


def records_in(data, first):
    """[(offset, value)] of the whole, uncompressed batches in `data` from offset `first` on."""
    found, at = [], 0
    while at + 61 <= len(data):
        base, length = struct.unpack_from(">qi", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        count = struct.unpack_from(">i", data, at + 57)[0]
        at += 61
        for i in range(count):
            size, at = _varint(data, at)
            next_record = at + size
            at += 1
            _, at = _varint(data, at)
            delta, at = _varint(data, at)
            key_size, at = _varint(data, at)
            at += max(key_size, 0)
            value_size, at = _varint(data, at)
            if base + delta >= first:
                found.append((base + delta, data[at : at + value_size]))
            at = next_record
        at = end
    return found


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value >> 1 ^ -(value & 1), at
        shift += 7


def read_all(connection, topic, partitions, give_up, patience=60.0, wanted=None, wait=5.0, start_may_be_lost=False):
    """{partition: [(offset, value)]}: everything from offset 0 up to the high watermark.

    Where it does not reach the end `wanted`, {partition: offset}, it may still rise: after a crash records are flushed
    before they are shown. That is waited for, up to `wait` seconds. With `start_may_be_lost`, a log may start later.
    """
    may_rise_until = time.monotonic() + wait
    starts = dict.fromkeys(partitions, 0)
    found = {partition: [] for partition in partitions}
    open_ones = set(partitions)
    deadline = time.monotonic() + patience
    while open_ones:
        if time.monotonic() > deadline or give_up():
            raise AssertionError(f"{topic}: partitions {sorted(open_ones)} cannot be read to their ends")
        positions = {p: (found[p][-1][0] + 1 if found[p] else starts[p]) for p in open_ones}
        for partition, (error, high_watermark, records) in fetch(connection, topic, positions, 0, 8 << 20).items():
            if error in RETRIABLE:
                time.sleep(0.005)
                continue
            if error == OFFSET_OUT_OF_RANGE and start_may_be_lost and positions[partition] == 0:
                trouble, start = list_offset(connection, topic, EARLIEST, partition)
                if trouble in RETRIABLE or start > 0:
                    starts[partition] = max(start, 0)
                    continue
            if error:
                raise AssertionError(f"Fetch of {topic}-{partition} at {positions[partition]} answers {error}")
            found[partition] += records
            if not records and positions[partition] >= high_watermark:
                if positions[partition] >= (wanted or {}).get(partition, 0) or time.monotonic() > may_rise_until:
                    open_ones.discard(partition)
    return found


class Client(threading.Thread):
    """A client that lives through the deaths of its broker: `converse` is called with one connection after the other."""

    def __init__(self, name, bootstrap, history):
        super().__init__(name=name, daemon=True)
        self.bootstrap = bootstrap
        self.history = history
        self.is_ending = threading.Event()
        self.must_leave = threading.Event()

    def run(self):
        while not self.must_leave.is_set():
            connection = connect(self.bootstrap, self.must_leave.is_set)
            if connection is None:
                return
            try:
                with connection:
                    self.converse(connection)
                    return
            except (wire.Closed, OSError, Gone):
                time.sleep(0.002)
            except Exception as trouble:  # whatever else happens is a finding
                self.history.complain(f"{self.name}: {type(trouble).__name__}: {trouble}")
                return

    def end(self):
        """It finishes what it has begun, and leaves."""
        self.is_ending.set()
