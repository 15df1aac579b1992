"""What the checks share: the broker under test, error codes, `check` and `expect`."""

import time

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
