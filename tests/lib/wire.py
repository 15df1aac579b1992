"""Speaks Kafka's protocol over a plain socket, just enough of it for black-box tests.

Writer and Reader know the protocol's primitive types; `Connection` sends frames and matches replies;
`record_batch` makes batches of format v2, valid or broken on purpose. Requests are written by hand, field by
field, so that nothing here shares code (and therefore mistakes) with the broker under test.
"""

import socket
import struct

PRODUCE, FETCH, LIST_OFFSETS, METADATA = 0, 1, 2, 3
FIND_COORDINATOR, API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS, DELETE_RECORDS = 10, 18, 19, 20, 21
INIT_PRODUCER_ID, OFFSET_FOR_LEADER_EPOCH, CREATE_PARTITIONS, INCREMENTAL_ALTER_CONFIGS = 22, 23, 37, 44

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


class Closed(Exception):
    """The broker closed the connection instead of answering."""


class Writer:
    """Appends big-endian protocol types; every call returns self, so that requests read as one line."""

    def __init__(self):
        self.bytes = bytearray()

    def _pack(self, form, value):
        self.bytes += struct.pack(form, value)
        return self

    def int8(self, value):
        return self._pack(">b", value)

    def int16(self, value):
        return self._pack(">h", value)

    def int32(self, value):
        return self._pack(">i", value)

    def int64(self, value):
        return self._pack(">q", value)

    def uint32(self, value):
        return self._pack(">I", value)

    def raw(self, data):
        self.bytes += data
        return self

    def uvarint(self, value):
        while value >= 0x80:
            self.bytes.append(value & 0x7F | 0x80)
            value >>= 7
        self.bytes.append(value)
        return self

    def varint(self, value):
        return self.uvarint(value << 1 if value >= 0 else (-value << 1) - 1)

    def string(self, text):
        if text is None:
            return self.int16(-1)
        data = text.encode()
        return self.int16(len(data)).raw(data)

    def blob(self, data):
        if data is None:
            return self.int32(-1)
        return self.int32(len(data)).raw(data)

    def compact_string(self, text):
        if text is None:
            return self.uvarint(0)
        data = text.encode()
        return self.uvarint(len(data) + 1).raw(data)

    def tags(self):
        return self.uvarint(0)

    def array(self, items, write):
        self.int32(len(items))
        for item in items:
            write(self, item)
        return self


class Reader:
    """Reads the same types back, from one reply."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def _unpack(self, form, size):
        value = struct.unpack_from(form, self.data, self.at)[0]
        self.at += size
        return value

    def int8(self):
        return self._unpack(">b", 1)

    def int16(self):
        return self._unpack(">h", 2)

    def int32(self):
        return self._unpack(">i", 4)

    def int64(self):
        return self._unpack(">q", 8)

    def raw(self, size):
        if size < 0 or self.at + size > len(self.data):
            raise ValueError(f"reply too short: {size} bytes wanted at {self.at} of {len(self.data)}")
        self.at += size
        return self.data[self.at - size : self.at]

    def uvarint(self):
        value, shift = 0, 0
        while True:
            byte = self.raw(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def varint(self):
        value = self.uvarint()
        return (value >> 1) ^ -(value & 1)

    def string(self):
        size = self.int16()
        return None if size < 0 else self.raw(size).decode()

    def blob(self):
        size = self.int32()
        return None if size < 0 else self.raw(size)

    def compact_string(self):
        size = self.uvarint()
        return None if size == 0 else self.raw(size - 1).decode()

    def compact_blob(self):
        size = self.uvarint()
        return None if size == 0 else self.raw(size - 1)

    def tags(self):
        for _ in range(self.uvarint()):
            self.uvarint()
            self.raw(self.uvarint())

    def array(self, read):
        return [read(self) for _ in range(self.int32())]

    def compact_array(self, read):
        return [read(self) for _ in range(self.uvarint() - 1)]

    def left(self):
        return len(self.data) - self.at


class Connection:
    """One TCP connection. `call` sends one request and returns a Reader behind the reply's header."""

    def __init__(self, bootstrap, timeout=10.0):
        host, port = bootstrap.rsplit(":", 1)
        self.socket = socket.create_connection((host.strip("[]"), int(port)), timeout)
        self.next_correlation = 1

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send_raw(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def send_frame(self, payload):
        self.send_raw(struct.pack(">i", len(payload)) + bytes(payload))

    def receive_frame(self):
        size = struct.unpack(">i", self._receive(4))[0]
        return self._receive(size)

    def _receive(self, size):
        data = bytearray()
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionResetError as error:
                raise Closed from error
            if not part:
                raise Closed
            data += part
        return bytes(data)

    def send(self, api, version, body, flexible=False, trailing=b""):
        """Sends a request and returns its correlation id; `flexible` asks for request header v2."""
        correlation = self.next_correlation
        self.next_correlation += 1
        header = Writer().int16(api).int16(version).int32(correlation).string("odradek-wire-test")
        if flexible:
            header.tags()
        self.send_frame(header.bytes + (body.bytes if isinstance(body, Writer) else body) + trailing)
        return correlation

    def receive(self, correlation, flexible=False):
        reply = Reader(self.receive_frame())
        got = reply.int32()
        if got != correlation:
            raise ValueError(f"reply to request {got}, expected {correlation}")
        if flexible:
            reply.tags()
        return reply

    def call(self, api, version, body, flexible=False, trailing=b""):
        correlation = self.send(api, version, body, flexible, trailing)
        # ApiVersions is always answered with header v0, so that a client can read it before it knows anything.
        return self.receive(correlation, flexible and api != API_VERSIONS)

    def is_closed(self, within=5.0):
        """True when the broker closes the connection without another byte."""
        self.socket.settimeout(within)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


def create_topic(connection, name, partitions=1, replication=1, configs=(), assignments=(), validate_only=False):
    """CreateTopics v2; returns (error code, message)."""
    body = Writer().array([name], lambda w, topic: w.string(topic).int32(partitions).int16(replication)
                          .array(assignments, lambda v, item: v.int32(item[0]).array(item[1], Writer.int32))
                          .array(configs, lambda v, item: v.string(item[0]).string(item[1])))
    reply = connection.call(CREATE_TOPICS, 2, body.int32(10000).int8(validate_only))
    reply.int32()
    return reply.array(lambda r: (r.string(), r.int16(), r.string()))[0][1:]


def delete_topic(connection, name):
    """DeleteTopics v1; returns the error code."""
    reply = connection.call(DELETE_TOPICS, 1, Writer().array([name], Writer.string).int32(10000))
    reply.int32()
    return reply.array(lambda r: (r.string(), r.int16()))[0][1]


def metadata(connection, names=None, auto_create=False):
    """Metadata v4; returns {topic: (error code, [partition errors])}."""
    body = Writer().int32(-1) if names is None else Writer().array(names, Writer.string)
    reply = connection.call(METADATA, 4, body.int8(auto_create))
    reply.int32()
    reply.array(lambda r: (r.int32(), r.string(), r.int32(), r.string()))
    reply.string()
    reply.int32()

    def partition(r):
        error = r.int16()
        r.int32(), r.int32(), r.array(Reader.int32), r.array(Reader.int32)
        return error

    def topic(r):
        error, name = r.int16(), r.string()
        r.int8()
        return name, (error, r.array(partition))

    return dict(reply.array(topic))


def record(delta, key=b"key", value=b"value", timestamp_delta=0, headers=()):
    body = Writer().int8(0).varint(timestamp_delta).varint(delta)
    for part in (key, value):
        if part is None:
            body.varint(-1)
        else:
            body.varint(len(part)).raw(part)
    body.varint(len(headers))
    for name, content in headers:
        body.varint(len(name)).raw(name.encode()).varint(len(content)).raw(content)
    return Writer().varint(len(body.bytes)).raw(body.bytes).bytes


def record_batch(records, *, attributes=0, count=None, timestamp=0, max_timestamp=None, producer_id=-1,
                 producer_epoch=-1, sequence=-1, magic=2, crc=None, length=None, last_delta=None):
    """A batch of format v2 around records already encoded; keyword arguments override what would be right."""
    payload = b"".join(records) if isinstance(records, (list, tuple)) else records
    count = count if count is not None else len(records)
    tail = (Writer().int16(attributes).int32(count - 1 if last_delta is None else last_delta).int64(timestamp)
            .int64(timestamp if max_timestamp is None else max_timestamp)
            .int64(producer_id).int16(producer_epoch).int32(sequence).int32(count).raw(payload).bytes)
    head = Writer().int32(-1).int8(magic).uint32(crc32c(tail) if crc is None else crc).bytes
    return bytes(Writer().int64(0).int32(len(head) + len(tail) if length is None else length).raw(head).raw(tail).bytes)


def _crc_table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


CRC_TABLE = tuple(_crc_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
