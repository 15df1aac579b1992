"""The scenario that every Python client plays; the Java and Go programs follow the same steps.
"""

import argparse
import json
import threading
import time
import traceback
from collections import namedtuple

Record = namedtuple("Record", "partition offset key value headers timestamp")

PARTITIONS = 3
LONG_POLL_MS = 10_000     # what a reader asks the broker to wait for
PROMPT_SECONDS = 3.0      # within which a long-polled record must arrive
FILLER = "again and again, " * 6  # so that a batch of one record, too, is worth compressing


def expected_record(number, base_time):
    """Record `number`: spread round robin over the partitions, one millisecond after the one before."""
    return Record(
        partition=number % PARTITIONS,
        offset=number // PARTITIONS,
        key=b"key-%06d" % number,
        value=b"value-%06d " % number + FILLER.encode(),
        headers=[("number", b"%d" % number), ("empty", b"")],
        timestamp=base_time + number)


def in_batches_of_partition(records):
    """Records grouped by partition, order kept."""
    groups = {}
    for record in records:
        groups.setdefault(record.partition, []).append(record)
    return groups


class Failed(Exception):
    pass


class Client:
    """What a program implements; each call opens and closes what it needs, for it may run in a thread."""

    can_choose_timestamps = True
    can_look_up_times = True

    def as_written(self, record):
        """The record as far as this client can write it, e.g. without headers."""
        return record

    def create(self, topic):
        """Makes a topic of PARTITIONS partitions."""
        raise NotImplementedError

    def delete(self, topic):
        raise NotImplementedError

    def topics(self):
        """The names of all topics."""
        raise NotImplementedError

    def write(self, topic, codec, records):
        """Writes each record to its partition and waits for all acknowledgements."""
        raise NotImplementedError

    def read(self, topic, starts, count, wait):
        """Reads `count` records from `starts` (partition -> offset), by assignment; fewer after `wait` seconds."""
        raise NotImplementedError

    def offsets_at(self, topic, times):
        """Maps partition -> time in ms to partition -> first offset at or after it, or None."""
        raise NotImplementedError

    def bounds(self, topic, partition):
        """The first offset and the end offset."""
        raise NotImplementedError


class Scenario:
    def __init__(self, client, topic, codec, count, base_time):
        self.client = client
        self.topic = f"{topic}-{codec}"
        self.codec = codec
        self.records = [self.client.as_written(expected_record(number, base_time)) for number in range(count)]
        self.base_time = base_time

    def run(self):
        steps = (("create", self.create), ("produce", self.produce), ("read all", self.read_all),
                 ("offsets by time", self.offsets_by_time), ("read from the middle", self.read_middle),
                 ("long poll", self.long_poll), ("delete", self.delete))
        for name, step in steps:
            started = time.monotonic()
            try:
                detail, ok = step() or "", True
            except Failed as failure:
                detail, ok = str(failure), False
            except Exception:
                detail, ok = traceback.format_exc(limit=-4), False
            print(json.dumps({"codec": self.codec, "step": name, "ok": ok, "detail": detail,
                              "seconds": round(time.monotonic() - started, 2)}), flush=True)
            if not ok:
                return False
        return True

    def create(self):
        self.client.create(self.topic)
        wait_until(lambda: self.topic in self.client.topics(), "the topic is not listed")
        # Listed is not yet led: the first write must not race with that.
        wait_until(self._is_led, "the topic has no leaders")

    def _is_led(self):
        try:
            return all(self.client.bounds(self.topic, partition) for partition in range(PARTITIONS))
        except Exception:  # each client has its own for a partition without a leader
            return False

    def produce(self):
        self.client.write(self.topic, self.codec, self.records)
        return f"{len(self.records)} records"

    def read_all(self):
        starts = {partition: 0 for partition in range(PARTITIONS)}
        self._compare(self.client.read(self.topic, starts, len(self.records), 30), self.records)
        return f"{len(self.records)} records"

    def read_middle(self):
        starts = {partition: len(self.records) // 2 // PARTITIONS + partition for partition in range(PARTITIONS)}
        wanted = [record for record in self.records if record.offset >= starts[record.partition]]
        self._compare(self.client.read(self.topic, starts, len(wanted), 30), wanted)

    def _compare(self, got, wanted):
        got, wanted = in_batches_of_partition(got), in_batches_of_partition(wanted)
        for partition, records in wanted.items():
            found = got.get(partition, [])
            for index, record in enumerate(records):
                if index >= len(found):
                    raise Failed(f"partition {partition} ends after {len(found)} of {len(records)} records")
                actual = found[index]
                if not self.client.can_choose_timestamps:
                    actual = actual._replace(timestamp=record.timestamp)
                if actual != record:
                    raise Failed(f"read {actual}, wrote {record}")
            if len(found) > len(records):
                raise Failed(f"partition {partition} has {len(found) - len(records)} records too many")

    def offsets_by_time(self):
        for partition in range(PARTITIONS):
            bounds = self.client.bounds(self.topic, partition)
            end = sum(record.partition == partition for record in self.records)
            if tuple(bounds) != (0, end):
                raise Failed(f"partition {partition} reaches from {bounds[0]} to {bounds[1]}, not 0 to {end}")
        if not self.client.can_look_up_times:
            return "first and end offsets only: this client cannot look up times"
        if not self.client.can_choose_timestamps:
            return self._offsets_by_unknown_time()
        for number in (0, len(self.records) // 2, len(self.records) - PARTITIONS):
            exact = self.records[number : number + PARTITIONS]
            # A time between two records of one partition finds the later one.
            for early in (0, 1):
                self._expect_offsets({r.partition: r.timestamp - early for r in exact},
                                     {r.partition: r.offset for r in exact})
        self._expect_offsets({p: self.base_time + 10 * len(self.records) for p in range(PARTITIONS)},
                             {p: None for p in range(PARTITIONS)})

    def _offsets_by_unknown_time(self):
        # The broker or the client chose the timestamps: only the ends are known.
        self._expect_offsets({p: 1 for p in range(PARTITIONS)}, {p: 0 for p in range(PARTITIONS)})
        tomorrow = int(time.time() * 1000) + 86_400_000
        self._expect_offsets({p: tomorrow for p in range(PARTITIONS)}, {p: None for p in range(PARTITIONS)})

    def _expect_offsets(self, times, wanted):
        got = self.client.offsets_at(self.topic, times)
        if got != wanted:
            raise Failed(f"offsets at {times} are {got}, not {wanted}")

    def long_poll(self):
        end = sum(record.partition == 0 for record in self.records)
        record = self.client.as_written(expected_record(end * PARTITIONS, self.base_time))
        got, arrived = [], []

        def wait_for_record():
            got.extend(self.client.read(self.topic, {0: end}, 1, LONG_POLL_MS / 1000 + 5))
            arrived.append(time.monotonic())

        reader = threading.Thread(target=wait_for_record, daemon=True)
        reader.start()
        time.sleep(1.0)  # the reader's fetch waits at the broker by now
        if got:
            raise Failed(f"read {got} before it was written")
        written = time.monotonic()
        self.client.write(self.topic, self.codec, [record])
        reader.join(LONG_POLL_MS / 1000 + 10)
        self._compare(got, [record])
        if arrived[0] - written > PROMPT_SECONDS:
            raise Failed(f"the record took {arrived[0] - written:.1f} s")
        return f"{(arrived[0] - written) * 1000:.0f} ms after the write began"

    def delete(self):
        self.client.delete(self.topic)
        wait_until(lambda: self.topic not in self.client.topics(), "the topic is still listed")


def wait_until(condition, complaint, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(complaint)
        time.sleep(0.1)


def main(make_client, codecs):
    """Plays the scenario once per codec asked for; the exit status is 0 when all of it went well."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bootstrap", required=True)
    arguments.add_argument("--codec", default=",".join(codecs), help="one, or several with commas between")
    arguments.add_argument("--topic", default=f"odradek-{int(time.time())}", help="prefix; the codec is appended")
    arguments.add_argument("--records", type=int, default=10_000)
    options = arguments.parse_args()
    base_time = int(time.time() * 1000) - 60_000
    client = make_client(options.bootstrap)
    results = [Scenario(client, options.topic, codec, options.records, base_time).run()
               for codec in options.codec.split(",")]
    raise SystemExit(0 if all(results) else 1)
