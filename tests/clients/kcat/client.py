#!/usr/bin/env python3
"""kcat, on librdkafka: one process per call. It chooses no timestamps, and its headers are the same for all records.

kcat has no admin verbs: the topic is created and deleted by tests/lib/wire.py.
"""

import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lib"))

import scenario
import wire

HEADER = ("origin", b"kcat")


class Kcat(scenario.Client):
    can_choose_timestamps = False

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap

    def as_written(self, record):
        return record._replace(headers=[HEADER])

    def _kcat(self, *arguments, given=None, wait=60):
        command = ["kcat", "-b", self.bootstrap, "-X", "topic.metadata.refresh.interval.ms=1000", *arguments]
        done = subprocess.run(command, input=given, capture_output=True, timeout=wait, check=False)
        if done.returncode != 0:
            raise scenario.Failed(f"{' '.join(command)}: {done.stderr.decode()}")
        return done.stdout.decode()

    def create(self, topic):
        with wire.Connection(self.bootstrap) as connection:
            error, message = wire.create_topic(connection, topic, scenario.PARTITIONS)
        if error:
            raise scenario.Failed(f"CreateTopics answered {error}: {message}")

    def delete(self, topic):
        with wire.Connection(self.bootstrap) as connection:
            error = wire.delete_topic(connection, topic)
        if error:
            raise scenario.Failed(f"DeleteTopics answered {error}")

    def topics(self):
        return {topic["topic"] for topic in json.loads(self._kcat("-L", "-J"))["topics"]}

    def write(self, topic, codec, records):
        for partition, group in scenario.in_batches_of_partition(records).items():
            lines = b"".join(b"%s\t%s\n" % (record.key, record.value) for record in group)
            self._kcat("-P", "-t", topic, "-p", str(partition), "-K", "\t", "-z", codec, "-X", "enable.idempotence=true",
                       "-X", "linger.ms=20", "-H", f"{HEADER[0]}={HEADER[1].decode()}", given=lines)

    def read(self, topic, starts, count, wait):
        records = []
        for partition, offset in starts.items():
            # A single partition is read by count, waiting at the broker; several each up to where they end now.
            ends = ["-e"]
            if len(starts) == 1:
                ends = ["-c", str(count), "-X", f"fetch.wait.max.ms={scenario.LONG_POLL_MS}"]
            lines = self._kcat("-C", "-t", topic, "-p", str(partition), "-o", str(offset), "-J", "-q", *ends,
                               wait=wait)
            for line in lines.splitlines():
                message = json.loads(line)
                names = message.get("headers", [])
                headers = [(name, value.encode()) for name, value in zip(names[::2], names[1::2])]
                records.append(scenario.Record(message["partition"], message["offset"], message["key"].encode(),
                                               message["payload"].encode(), headers, message["ts"]))
        return records

    def offsets_at(self, topic, times):
        answers = {}
        for partition, time in times.items():
            text = self._kcat("-Q", "-t", f"{topic}:{partition}:{time}")
            offset = int(re.search(r"offset (-?\d+)", text).group(1))
            answers[partition] = offset if offset >= 0 else None
        return answers

    def bounds(self, topic, partition):
        found = []
        for sentinel in (-2, -1):
            text = self._kcat("-Q", "-t", f"{topic}:{partition}:{sentinel}")
            found.append(int(re.search(r"offset (-?\d+)", text).group(1)))
        return tuple(found)


scenario.main(Kcat, ("none", "gzip", "snappy", "lz4", "zstd"))
