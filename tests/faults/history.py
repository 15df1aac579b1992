"""What the clients of one run were told, and whether it all fits together.

Every record's value is made from its producer, partition and number, so any record read can be checked byte by byte,
and a producer's numbers in one partition are its sequence numbers: 0, 1, 2 and so on, each exactly once and in order.
"""

import random
import threading
import time

_PADDING = random.Random(4).randbytes(16384)


def value_of(producer, partition, number):
    size = (producer * 7919 + partition * 104729 + number * 31337) % 997
    if number % 61 == 7:
        size *= 12  # now and then one that fills pages
    start = (number * 271 + producer) % 4096
    return b"%d/%d/%d:" % (producer, partition, number) + _PADDING[start : start + size]


def name_of(value):
    """(producer, partition, number) of a value; raises ValueError if it is not one of ours."""
    head, _, _ = bytes(value[:48]).partition(b":")
    producer, partition, number = map(int, head.split(b"/"))
    if bytes(value) != value_of(producer, partition, number):
        raise ValueError(f"the value of {producer}/{partition}/{number} is damaged")
    return producer, partition, number


class History:
    """Shared by all clients of a run. Times are time.monotonic_ns()."""

    def __init__(self):
        self.lock = threading.Lock()
        self.complaints = []
        self.acked = {}  # (partition, offset) -> (producer, number)
        self.acked_at = {}  # (partition, offset) -> time
        self.offset_of = {}  # (producer, partition, number) -> offset
        self.next_number = {}  # (producer, partition) -> how many were ever sent
        self.read = {}  # (partition, offset) -> (producer, number)
        self.read_from = {}  # (producer, partition, number) -> offset
        self.read_at = {}  # (partition, offset) -> time of the first reading
        self.acks = 0
        self.duplicates = 0
        self.records_read = 0
        self.last_ack = time.monotonic()

    def complain(self, text):
        with self.lock:
            if text not in self.complaints:
                self.complaints.append(text)

    def was_acked(self, producer, partition, number, count, offset):
        """The broker acknowledged `count` records from `number` on, and put them at `offset`."""
        now = time.monotonic_ns()
        with self.lock:
            self.acks += 1
            self.last_ack = time.monotonic()
            for i in range(count):
                place, name = (partition, offset + i), (producer, number + i)
                other = self.acked.setdefault(place, name)
                if other != name:
                    self.complaints.append(f"offset {place[1]} of partition {partition} was acknowledged for record "
                                           f"{other} and for record {name}")
                self.acked_at.setdefault(place, now)
                was = self.offset_of.setdefault((producer, partition, number + i), offset + i)
                if was != offset + i:
                    self.complaints.append(f"record {name} of partition {partition} was acknowledged at {was} and, when "
                                           f"sent again, at {offset + i}")

    def was_read(self, partition, offset, value):
        try:
            producer, home, number = name_of(value)
        except ValueError as damage:
            self.complain(f"partition {partition} offset {offset}: {damage}")
            return
        with self.lock:
            self.records_read += 1
            place, name = (partition, offset), (producer, number)
            if home != partition:
                self.complaints.append(f"partition {partition} holds record {name} of partition {home} at {offset}")
            other = self.read.setdefault(place, name)
            if other != name:
                self.complaints.append(f"partition {partition} offset {offset}: read {other}, and later {name}")
            if self.read_from.setdefault((producer, partition, number), offset) != offset:
                self.complaints.append(f"partition {partition}: record {name} is read at {offset} and at "
                                       f"{self.read_from[producer, partition, number]}")
            self.read_at.setdefault(place, time.monotonic_ns())
            acked = self.acked.get(place, name)
            if acked != name:
                self.complaints.append(f"partition {partition} offset {offset}: {acked} was acknowledged there, and "
                                       f"{name} is read")


def check_partition(partition, records, history, until=None, complete=True, start_may_be_lost=False):
    """Compares a partition's whole contents, [(offset, value)], with what was promised before `until`.

    Returns complaints. `complete`: every record ever sent was acknowledged in the end. `start_may_be_lost`: the
    log may start after offset 0, if nothing of what was before was promised.
    """
    complaints = []
    found, last = {}, {}
    start = records[0][0] if records and start_may_be_lost else 0
    for expected, (offset, value) in enumerate(records, start):
        if offset != expected:
            complaints.append(f"partition {partition}: offset {offset} follows {expected - 1}")
            break
        try:
            producer, home, number = name_of(value)
        except ValueError as damage:
            complaints.append(f"partition {partition} offset {offset}: {damage}")
            continue
        if home != partition:
            complaints.append(f"partition {partition} holds a record of partition {home} at {offset}")
        previous = last.get(producer, number - 1 if start else -1)
        if number != previous + 1:
            what = "doubled or out of order" if number <= previous else "lost"
            complaints.append(f"partition {partition} offset {offset}: record {number} of producer {producer} follows "
                              f"{previous}: {what}")
        last[producer] = number
        found[offset] = (producer, number)
    for verb, names, times in (("acknowledged", history.acked, history.acked_at),
                               ("read", history.read, history.read_at)):
        for (home, offset), name in names.items():
            if home != partition or (until is not None and times[home, offset] >= until):
                continue
            if found.get(offset) != name:
                complaints.append(f"partition {partition} offset {offset}: {name} was {verb} and "
                                  f"{found.get(offset, 'nothing')} is there")
    if complete:
        for (producer, home), count in history.next_number.items():
            if home == partition and last.get(producer, -1) + 1 != count:
                complaints.append(f"partition {partition}: producer {producer} wrote {count} records, "
                                  f"{last.get(producer, -1) + 1} are there")
    return complaints
