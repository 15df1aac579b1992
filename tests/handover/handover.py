#!/usr/bin/env python3
"""Apache Kafka's own tools and broker on the files of the broker under test, and the other way round.

    handover.py --broker BINARY
"""

import difflib
import json
import pathlib
import re
import sys

import kafka
import steps
from steps import Complaint

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

from broker import Broker

# What kafka-dump-log says about a file that it does not like. It calls the first offset of any segment but the first
# "-1 is followed by", for Kafka's own files too.
DUMP_COMPLAINT = re.compile(r"mismatch|(?<!-1) is followed by|out of order|invalid bytes|isvalid: false|missing|"
                            r"exception|corrupt|could not|cannot|unable|error|unexpected", re.IGNORECASE)

# What Kafka's log says of data that it does not like. A topic that we deleted keeps its files for a minute, the last
# segment's without an index: Kafka builds it again, and deletes all of them. Its controller may also register with
# itself a moment before it leads, and complain of that.
KAFKA_COMPLAINT = re.compile(r"^.* (?:WARN|ERROR) (?:org\.apache\.kafka\.(?:storage|snapshot|image)|"
                             r"kafka\.(?:log|server))\b(?!.*-delete/|.*apiKey=CONTROLLER_REGISTRATION).*$",
                             re.MULTILINE)
# What a run leaves in a new directory, numbers as N. Kafka 4.3.1 has no .lock then, and a cleaner-offset-checkpoint.
# Odradek's reserve for a full disk is the one file more; Kafka leaves it alone.
NEW_FILES = {".kafka_cleanshutdown", ".lock", ".odradek-reserve", "bootstrap.checkpoint",
             "log-start-offset-checkpoint", "meta.properties", "recovery-point-offset-checkpoint",
             "replication-offset-checkpoint",
             *(f"__cluster_metadata-0/{name}" for name in (
                 "N-N.checkpoint", "N.index", "N.log", "N.snapshot", "N.timeindex", "leader-epoch-checkpoint",
                 "partition.metadata", "quorum-state"))}
BASE64_UUID = re.compile(r"\b[A-Za-z0-9_-]{22}\b")


def difference(before, after, limit=25):
    lines = list(difflib.unified_diff(before, after, lineterm="", n=0))
    return "\n".join(line[:200] for line in lines[:limit]) + ("\n..." if len(lines) > limit else "")


class Handover:
    """One data directory (two log.dirs) that goes from broker to broker."""

    def __init__(self, broker, tools):
        self.broker = broker
        self.tools = tools
        self.log_dirs = [broker.data_dir, broker.root / "more"]
        self.metadata_dir = broker.data_dir
        broker.settings.append("log.dirs=" + ",".join(map(str, self.log_dirs)))
        self.number = 0

    def show(self, bootstrap):
        self.number += 1
        path = self.broker.root / f"shown-{self.number}"
        self.tools.ask("show", bootstrap, path)
        return path.read_text().splitlines()

    def expect(self, bootstrap, wanted):
        shown = self.show(bootstrap)
        if shown != wanted:
            raise Complaint("it serves something else:\n" + difference(wanted, shown))

    def fill(self):
        self.broker.start()
        self.tools.ask("fill", self.broker.bootstrap)
        self.shown = self.show(self.broker.bootstrap)
        self.broker.stop()

    def dumped(self):
        self.dump(["*.log", "*.index", "*.timeindex", "*.snapshot", "*.txnindex"], "--deep-iteration")
        self.dump(["*.index", "*.timeindex"], "--index-sanity-check")
        self.dump(["__cluster_metadata-0/*.log", "__cluster_metadata-0/*.checkpoint"], "--cluster-metadata-decoder")

    def dump(self, patterns, *options):
        roots = dict.fromkeys([*self.log_dirs, self.metadata_dir])
        files = [path for root in roots for pattern in patterns for path in sorted(root.rglob(pattern))
                 if path.stat().st_size > 0 or path.suffix == ".log"]
        if not files:
            raise Complaint(f"there is no {patterns}")
        output = self.broker.root / "dump"
        self.tools.ask("dump", output, *options, "--files", ",".join(map(str, files)))
        found = [line[:300] for line in output.read_text(errors="replace").splitlines() if DUMP_COMPLAINT.search(line)]
        if found:
            raise Complaint("kafka-dump-log says:\n" + "\n".join(found[:12]))

    def directories_known(self):
        """The metadata says of each partition in which log directory it lies."""
        output = self.broker.root / "metadata"
        self.tools.ask("dump", output, "--cluster-metadata-decoder", "--files",
                       self.broker.data_dir / "__cluster_metadata-0" / f"{0:020}.log")
        names, places = {}, {}
        for line in output.read_text().splitlines():
            record = json.loads(line.split("payload: ", 1)[1]) if "payload: " in line else {"type": ""}
            if record["type"] == "TOPIC_RECORD":
                names[record["data"]["topicId"]] = record["data"]["name"]
            elif record["type"] == "REMOVE_TOPIC_RECORD":
                names.pop(record["data"]["topicId"])
            elif record["type"].startswith("PARTITION") and record["data"].get("directories"):
                places[record["data"]["topicId"], record["data"]["partitionId"]] = record["data"]["directories"][0]
        roots = {re.search("directory.id=(.*)", (root / "meta.properties").read_text())[1]: root
                 for root in self.log_dirs}
        wrong = [f"{names[topic]}-{partition}: {place}" for (topic, partition), place in places.items()
                 if topic in names and not (roots.get(place, pathlib.Path()) / f"{names[topic]}-{partition}").is_dir()]
        if wrong or not places:
            raise Complaint(f"the metadata's directories are wrong for {len(wrong)} of {len(places)}: {wrong[:6]}")

    def on_kafka(self, tag, has_transactions=False):
        """Kafka serves the same; it writes more and stops."""
        with kafka.Kafka(self.broker.root, self.log_dirs) as other:
            self.expect(other.bootstrap, self.shown)
            self.tools.ask("append", other.bootstrap, tag)
            if has_transactions:
                self.tools.ask("transact", other.bootstrap, tag)
            self.shown = self.show(other.bootstrap)
            other.stop()
            found = KAFKA_COMPLAINT.findall(other.log_path.read_text(errors="replace"))
            if found:
                raise Complaint("Kafka's log says:\n" + "\n".join(line[:300] for line in found[:12]))

    def on_odradek(self, tag):
        self.broker.start()
        self.expect(self.broker.bootstrap, self.shown)
        self.tools.ask("append", self.broker.bootstrap, tag)
        self.shown = self.show(self.broker.bootstrap)
        self.broker.stop()


def new_directory(binary, tools):
    """A new directory of ours holds what `kafka-storage format --standalone` puts into one."""
    with Broker(binary) as broker:
        broker.stop()
        ours, theirs = broker.data_dir, broker.root / "theirs"
        settings = broker.root / "format.properties"
        settings.write_text(kafka.properties([theirs], 9092, 9093))
        tools.ask("format", broker.root / "said", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qk",
                  "-c", settings)
        found = {re.sub(r"\d{10,}", "N", str(path.relative_to(ours))) for path in ours.rglob("*") if path.is_file()}
        if found != NEW_FILES:
            raise Complaint(f"its files: missing {sorted(NEW_FILES - found)}, more {sorted(found - NEW_FILES)}")
        formatted = [path.relative_to(theirs) for path in sorted(theirs.rglob("*")) if path.is_file()]
        if len(formatted) != 3:
            raise Complaint(f"kafka-storage makes {formatted}")
        for path in formatted:
            wanted, got = (described(tools, root, path) for root in (theirs, ours))
            if wanted != got:
                raise Complaint(f"{path}:\n" + difference(wanted, got))


def described(tools, root, path):
    """A file of a new directory as lines, without what is new in every directory."""
    if path.suffix == ".checkpoint":
        output = root.parent / "described"
        tools.ask("dump", output, "--cluster-metadata-decoder", "--files", root / path)
        text = output.read_text().replace(str(root), "")
        text = re.sub(r"CreateTime: \d+|crc: \d+|lastContainedLogTimestamp\W+\d+", "", text)
        lines = BASE64_UUID.sub("UUID", text).splitlines()
        if len(lines) < 8:
            raise Complaint(f"kafka-dump-log shows {lines} of {path}")
        return lines
    properties = dict(line.split("=", 1) for line in (root / path).read_text().splitlines() if "=" in line)
    return sorted(f"{name}={'UUID' if BASE64_UUID.fullmatch(value) else value}" for name, value in properties.items())


def steps_of(broker, tools):
    handover = Handover(broker, tools)
    yield "a new directory is as kafka-storage formats one", lambda: new_directory(broker.binary, tools)
    yield "the broker under test writes", handover.fill
    yield "kafka-dump-log reads its files", handover.dumped
    yield "the metadata knows the log directories", handover.directories_known
    yield "Kafka serves the same and writes", lambda: handover.on_kafka("second", has_transactions=True)
    yield "the broker under test serves the same and writes", lambda: handover.on_odradek("third")
    yield "kafka-dump-log reads the files of both", handover.dumped
    yield "Kafka serves the same again", lambda: handover.on_kafka("fourth")


if __name__ == "__main__":
    steps.play(__doc__, steps_of)
