#!/usr/bin/env python3
"""A data directory that Apache Kafka made, its metadata in a directory of its own, goes to the broker under test and
back, after clean stops and after kill -9.

    kafka_first.py --broker BINARY
"""

import hashlib

import kafka
import steps
from handover import KAFKA_COMPLAINT, Handover, difference
from steps import Complaint

from broker import free_port

# So that Kafka takes ACLs; nobody is refused.
SETTINGS = """authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
"""
SEGMENT_FILES = (".log", ".index", ".timeindex", ".txnindex")
# Where a cleaner may be at work at any time.
COMPACTED = ("__", "compacted-", "configured-")


class Kafka(kafka.Kafka):
    """Where the broker under test listens too, so that clients go on when one takes the other's place."""

    def __init__(self, handover):
        super().__init__(handover.broker.root, handover.log_dirs)
        self.port, self.controller_port = handover.broker.port, handover.controller_port
        self.bootstrap = handover.broker.bootstrap
        self.settings.write_text(kafka.properties(handover.log_dirs, self.port, self.controller_port) + SETTINGS +
                                 f"metadata.log.dir={handover.metadata_dir}\n")


class KafkaFirst(Handover):
    def __init__(self, broker, tools):
        super().__init__(broker, tools)
        self.controller_port = free_port()
        self.bootstrap = broker.bootstrap
        self.metadata_dir = broker.root / "metadata"
        broker.settings.append(f"metadata.log.dir={self.metadata_dir}")

    def sealed_files(self):
        """What the files of segments that take no more records hold, by path."""
        sealed = {}
        for root in self.log_dirs:
            for partition in root.iterdir():
                if not partition.is_dir() or partition.name.startswith(COMPACTED) or "-delete" in partition.name:
                    continue
                bases = sorted(path.stem for path in partition.glob("*.log"))
                for path in partition.iterdir():
                    if path.suffix in SEGMENT_FILES and path.stem in bases[:-1]:
                        sealed[path] = hashlib.sha256(path.read_bytes()).hexdigest()
        return sealed

    def check_untouched(self, before):
        changed = [str(path) for path, digest in before.items()
                   if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest]
        if changed or not before:
            raise Complaint(f"{len(changed)} of {len(before)} files of sealed segments have changed: {changed[:6]}")

    def rolled(self):
        return len(list(self.broker.root.glob("*/by-time-0/*.log")))

    def kept(self):
        path = self.broker.root / "kept"
        self.tools.ask("kept", self.bootstrap, path)
        return path.read_text().splitlines()

    def made_by_kafka(self):
        other = Kafka(self)
        self.tools.ask("format", self.broker.root / "said", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qk",
                       "-c", other.settings)
        with other:
            self.tools.ask("fill", self.bootstrap)
            self.tools.ask("transact", self.bootstrap, "first")
            self.tools.ask("administer", self.bootstrap)
            self.tools.ask("hold", self.bootstrap)
            self.shown = self.show(self.bootstrap)
            self.elders = self.kept()
            if len(self.elders) < 10:
                raise Complaint(f"Kafka keeps only {self.elders}")
            other.stop()

    def write_more(self, tag):
        self.tools.ask("goon", self.bootstrap)
        self.tools.ask("append", self.bootstrap, tag)
        self.tools.ask("roll", self.bootstrap)
        self.shown = self.show(self.bootstrap)

    def on_ours(self, tag, ends):
        """We serve what Kafka left, write more and roll; then `ends`."""
        sealed, segments = self.sealed_files(), self.rolled()
        self.broker.start()
        self.expect(self.bootstrap, self.shown)
        self.write_more(tag)
        if self.rolled() <= segments:
            raise Complaint(f"by-time-0 has {self.rolled()} segments, as before")
        ends()
        self.check_untouched(sealed)

    def on_theirs(self, tag, ends_cleanly):
        """Kafka serves what we left, with what we only kept, and writes more."""
        sealed = self.sealed_files()
        with Kafka(self) as other:
            self.expect(self.bootstrap, self.shown)
            kept = self.kept()
            if kept != self.elders:
                raise Complaint("what Kafka had is not handed back:\n" + difference(self.elders, kept))
            self.write_more(tag)
            if not ends_cleanly:
                return
            other.stop()
            found = KAFKA_COMPLAINT.findall(other.log_path.read_text(errors="replace"))
            if found:
                raise Complaint("Kafka's log says:\n" + "\n".join(line[:300] for line in found[:12]))
        self.check_untouched(sealed)


def steps_of(first):
    yield "Kafka writes", first.made_by_kafka
    yield "the broker under test serves it, writes and rolls", lambda: first.on_ours("second", first.broker.stop)
    yield "kafka-dump-log reads the files of both", first.dumped
    yield "Kafka serves all of it, writes, and is killed", lambda: first.on_theirs("third", ends_cleanly=False)
    yield "the broker under test recovers, writes, and is killed", lambda: first.on_ours("fourth", first.broker.kill)
    yield "Kafka recovers and serves all of it", lambda: first.on_theirs("fifth", ends_cleanly=True)


if __name__ == "__main__":
    steps.play(__doc__, lambda broker, tools: steps_of(KafkaFirst(broker, tools)))
