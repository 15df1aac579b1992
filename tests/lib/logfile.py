"""Reads the batches that a broker stored, straight from the segment files of a data directory.

Understands batches of format v2 and the message sets of formats v0 and v1. It sees headers only: what a batch says
of its codec, its producer and its number of records.
"""

import os
import re
import struct
import time
from dataclasses import dataclass

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


@dataclass(frozen=True)
class StoredBatch:
    offset: int        # of the first record; of the message itself in formats v0 and v1
    magic: int
    codec: str
    records: int       # 0 when unknown: a compressed message set of format v0 or v1
    producer_id: int   # -1 without idempotence, and in formats v0 and v1
    is_control: bool


def batches_of(data):
    """All complete batches in the bytes of one segment file."""
    at = 0
    while at + 17 <= len(data):
        offset, size = struct.unpack_from(">qi", data, at)
        end = at + 12 + size
        if size < 14 or end > len(data):
            return  # the preallocated or still unwritten tail
        magic = data[at + 16]
        if magic == 2:
            attributes = struct.unpack_from(">h", data, at + 21)[0]
            producer, = struct.unpack_from(">q", data, at + 43)
            records, = struct.unpack_from(">i", data, at + 57)
        else:
            attributes = data[at + 17]
            producer, records = -1, 0 if attributes & 7 else 1
        codec = CODECS[attributes & 7] if attributes & 7 < len(CODECS) else f"codec {attributes & 7}"
        yield StoredBatch(offset, magic, codec, records, producer, magic == 2 and bool(attributes & 0x20))
        at = end


def partition_directories(data_dir, topic):
    """The topic's partition directories, also those renamed because the topic was just deleted."""
    pattern = re.compile(re.escape(topic) + r"-\d+(\.[0-9a-f]{32}-delete)?$")
    # A name near the limit is cut before the suffix, so the prefix of a deleted directory may be shorter.
    return [entry.path for entry in os.scandir(data_dir) if entry.is_dir() and pattern.match(entry.name)]


def stored_batches(data_dir, topic):
    """All batches of all partitions of the topic, in no particular order of partitions."""
    for attempt in range(5):
        try:
            found = []
            for directory in partition_directories(data_dir, topic):
                for name in sorted(os.listdir(directory)):
                    if name.endswith((".log", ".log.deleted")):
                        with open(os.path.join(directory, name), "rb") as segment:
                            found.extend(batches_of(segment.read()))
            return found
        except FileNotFoundError:
            time.sleep(0.05)  # renamed under our hands by a deletion
    return []


def codec_complaint(data_dir, topic, codec, records, idempotent):
    """None when the topic's files hold at least `records` records, all with `codec`; else what is wrong."""
    batches = [batch for batch in stored_batches(data_dir, topic) if not batch.is_control]
    total = sum(batch.records for batch in batches)
    codecs = sorted({batch.codec for batch in batches})
    if total < records and all(batch.magic == 2 for batch in batches):
        return f"{total} records in the files, {records} were written"
    if codecs != [codec]:
        return f"stored with {' and '.join(codecs) or 'nothing'}"
    if idempotent and any(batch.producer_id < 0 for batch in batches):
        return "stored without a producer id: not idempotent"
    return None
