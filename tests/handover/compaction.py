#!/usr/bin/env python3
"""Apache Kafka and the broker under test compact copies of the same directory; what they leave must be the same.

    compaction.py --broker BINARY
"""

import os
import pathlib
import re
import shutil
import sys
import time

import kafka
import steps
from steps import Complaint

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from broker import Broker

# What a cleaning chooses or what follows from how its output is packed: when it ran, sizes, places, checksums; and how
# often a leader was elected.
PASSING = re.compile(r"(?:partitionLeaderEpoch|position|size|CRC|crc|deleteHorizonMs|isvalid|keySize|valueSize"
                     r"|headerKeys): (?:OptionalLong\.empty|OptionalLong\[\d+\]|\[[^]]*\]|[\w.-]+) ?")
CLEANER = ["log.cleaner.backoff.ms=100", "replica.high.watermark.checkpoint.interval.ms=200",
           "log.cleaner.dedupe.buffer.size=4194304"]
PATIENCE = 120


def topics(root):
    return sorted(path.name for path in root.iterdir() if path.name.startswith("dirty-"))


def segments(partition):
    return sorted(partition.glob("*.log"))


def is_compacted(root):
    """Whether the checkpoint says of every topic that it is compacted up to its active segment."""
    path = root / "cleaner-offset-checkpoint"
    lines = path.read_text().splitlines()[2:] if path.exists() else []
    offsets = {f"{topic}-{index}": int(offset) for topic, index, offset in (line.split() for line in lines)}
    return all(offsets.get(name, 0) >= int(segments(root / name)[-1].stem) for name in topics(root))


def wait_until_compacted(root, log):
    deadline = time.monotonic() + PATIENCE
    while not is_compacted(root):
        if time.monotonic() > deadline:
            raise Complaint(f"{root} is not compacted after {PATIENCE} s:\n{log()}")
        time.sleep(0.1)


class Compaction:
    def __init__(self, binary, tools):
        self.tools = tools
        self.ours = Broker(binary, shards=2, settings=CLEANER)
        self.root = self.ours.root
        self.theirs = self.root / "theirs"
        self.theirs.mkdir()
        self.base = int((time.time() - 7200) * 1000)

    def kafka(self, compacts):
        started = kafka.Kafka(self.theirs, [self.theirs / "data"])
        lines = "\n".join(CLEANER) if compacts else "log.cleaner.enable=false"
        started.settings.write_text(started.settings.read_text() + lines + "\n")
        return started

    def filled(self):
        settings = self.theirs / "format.properties"
        settings.write_text(kafka.properties([self.theirs / "data"], 9092, 9093))
        self.tools.ask("format", self.root / "said", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c",
                       settings)
        with self.kafka(compacts=False) as other:
            self.tools.ask("dirty", other.bootstrap)
            other.stop()
        shutil.copytree(self.theirs / "data", self.ours.data_dir)
        self.before = self.records(self.ours.data_dir, "before")

    # Written and compacted one after the other: how often a log is compacted decides when a marker goes.

    def on_kafka(self, writes):
        if writes:
            with self.kafka(compacts=False) as other:
                self.tools.ask("dirtier", other.bootstrap, self.base)
                other.stop()
        with self.kafka(compacts=True) as other:
            wait_until_compacted(self.theirs / "data", other.log_tail)
            other.stop()

    def on_ours(self, writes):
        if writes:
            self.ours.settings.append("log.cleaner.enable=false")
            self.ours.start()
            self.tools.ask("dirtier", self.ours.bootstrap, self.base)
            self.ours.stop()
            self.ours.settings.pop()
        self.ours.start()
        wait_until_compacted(self.ours.data_dir, self.ours.log_tail)
        self.ours.stop()

    def dumped(self, root, tag):
        """Per topic the lines of all batches and records but those of the active segment's."""
        found = {}
        files = {path: name for name in topics(root) for path in segments(root / name)[:-1]}
        output = self.root / f"dump-{tag}"
        self.tools.ask("dump", output, "--deep-iteration", "--print-data-log", "--files", ",".join(map(str, files)))
        name = None
        for line in output.read_text(errors="replace").splitlines():
            if line.startswith("Dumping "):
                name = files[pathlib.Path(line.removeprefix("Dumping "))]
            elif line.startswith(("baseOffset", "| ")):
                found.setdefault(name, []).append(line)
        return found

    def records(self, root, tag):
        return {name: sum(line.startswith("| ") for line in lines) for name, lines in self.dumped(root, tag).items()}

    def same(self, tag):
        """Every batch and record that one left the other left too, and something went."""
        ours, theirs = (self.dumped(root, f"{tag}-{root.parent.name}")
                        for root in (self.ours.data_dir, self.theirs / "data"))
        told = []
        for name in topics(self.ours.data_dir):
            a, b = ([PASSING.sub("", line) for line in of.get(name, [])] for of in (theirs, ours))
            # A delete horizon says when: that there is one must be the same.
            a, b = a + horizons(theirs.get(name, [])), b + horizons(ours.get(name, []))
            left = sum(line.startswith("| ") for line in b)
            if a != b:
                told.append(f"{name}: Kafka left {len(a)} lines and we {len(b)}\n" + first_difference(a, b))
            elif not a or left >= self.before[name]:
                told.append(f"{name}: {left} of {self.before[name]} records are left: nothing was compacted")
        if told:
            raise Complaint("\n".join(told)[:4000])

    def served(self):
        """Kafka serves what we compacted, and its dump tool is content."""
        lines = self.dumped(self.ours.data_dir, "served")
        shutil.rmtree(self.theirs / "data")
        shutil.copytree(self.ours.data_dir, self.theirs / "data")
        with self.kafka(compacts=False) as other:
            shown = self.root / "shown"
            self.tools.ask("show", other.bootstrap, shown)
            other.stop()
            if not any(name in shown.read_text() for name in lines):
                raise Complaint("it shows none of the topics")


def horizons(lines):
    return [f"{index}: horizon" for index, line in enumerate(lines) if "deleteHorizonMs: OptionalLong[" in line]


def first_difference(a, b):
    for index, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"  line {index}:\n  Kafka: {x[:300]}\n  ours:  {y[:300]}"
    longer = a if len(a) > len(b) else b
    return f"  only one has: {longer[min(len(a), len(b))][:300]}"


def steps_of(compaction):
    yield "Kafka writes", compaction.filled
    yield "Kafka compacts", lambda: compaction.on_kafka(writes=False)
    yield "the broker under test compacts", lambda: compaction.on_ours(writes=False)
    yield "both left the same", lambda: compaction.same("first")
    yield "Kafka compacts again", lambda: compaction.on_kafka(writes=True)
    yield "the broker under test compacts again", lambda: compaction.on_ours(writes=True)
    yield "both left the same again", lambda: compaction.same("second")
    yield "Kafka serves what the broker under test left", compaction.served


def main():
    arguments = steps.arguments(__doc__)
    arguments.add_argument("--keep", action="store_true", help="leave the directories")
    options = arguments.parse_args()
    with kafka.Tools(pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / f"compaction-tools-{os.getpid()}.log") as tools:
        compaction = Compaction(os.path.abspath(options.broker), tools)
        try:
            ok = all(steps.step(name, action) for name, action in steps_of(compaction))
        finally:
            compaction.ours.kill()
            if options.keep:
                print(compaction.root, file=sys.stderr)
            else:
                compaction.ours.remove()
            pathlib.Path(tools.log.name).unlink(missing_ok=True)
    raise SystemExit(0 if ok else 1)


if __name__ == "__main__":
    main()
