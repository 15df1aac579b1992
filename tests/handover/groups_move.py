#!/usr/bin/env python3
"""Groups of both protocols move with their data directory, from Apache Kafka to the broker under test and back, while
their members live on.

    groups_move.py --broker BINARY
"""

import re

import kafka
import steps
from handover import KAFKA_COMPLAINT, Handover, difference
from kafka_first import Kafka
from steps import Complaint

from broker import free_port

# What kafka-dump-log --offsets-decoder must have shown of each group, in its words.
RECORDS = {"offset commit": r'"group":"of-(classic|consumer)","topic":"shared"', "classic group": r'"group":"of-classic"\}',
           "consumer group": r'"groupId":"of-consumer"\}', "member": r'"groupId":"of-consumer","memberId"'}


class Groups(Handover):
    def __init__(self, broker, tools):
        super().__init__(broker, tools)
        self.controller_port = free_port()
        self.bootstrap = broker.bootstrap

    def said(self):
        path = self.broker.root / "groups"
        self.tools.ask("groups", self.bootstrap, path)
        return path.read_text().splitlines()

    def go_on(self):
        """The groups are as they were, members go on in them, and nothing else changes."""
        before = self.said()
        if before != self.known:
            raise Complaint("the groups are not as they were:\n" + difference(self.known, before))
        self.tools.ask("flow", self.bootstrap)
        self.known = self.said()
        if [line for line in before if "epoch" in line] != [line for line in self.known if "epoch" in line]:
            raise Complaint("there was a rebalance:\n" + difference(before, self.known))

    def begin(self):
        other = Kafka(self)
        self.tools.ask("format", self.broker.root / "said", "format", "--standalone", "-t", "MkU3OEVBNTcwNTJENDM2Qk",
                       "-c", other.settings)
        with other:
            self.tools.ask("members", self.bootstrap)
            self.tools.ask("flow", self.bootstrap)
            self.known = self.said()
            other.stop()

    def on_ours(self, ends):
        self.broker.start()
        self.go_on()
        ends()

    def on_theirs(self):
        with Kafka(self) as other:
            self.go_on()
            other.stop()
            found = KAFKA_COMPLAINT.findall(other.log_path.read_text(errors="replace"))
            if found:
                raise Complaint("Kafka's log says:\n" + "\n".join(line[:300] for line in found[:12]))

    def decoded(self):
        """Kafka's tool reads every record that we wrote."""
        files = [path for root in self.log_dirs for path in sorted(root.glob("__consumer_offsets-*/*.log"))]
        output = self.broker.root / "decoded"
        self.tools.ask("dump", output, "--offsets-decoder", "--files", ",".join(map(str, files)))
        text = output.read_text(errors="replace")
        missing = [name for name, pattern in RECORDS.items() if not re.search(pattern, text.replace(" ", ""))]
        if missing:
            raise Complaint(f"kafka-dump-log --offsets-decoder shows no {missing} in {len(files)} files")
        unread = [line[:300] for line in text.splitlines() if re.search("unknown|exception|could not|error", line, re.IGNORECASE)]
        if unread:
            raise Complaint("kafka-dump-log says:\n" + "\n".join(unread[:12]))

    def part(self):
        self.broker.start()
        self.go_on()
        self.tools.ask("part", self.bootstrap)
        self.broker.stop()


def steps_of(groups):
    yield "Kafka has groups of both protocols", groups.begin
    yield "members go on with the broker under test", lambda: groups.on_ours(groups.broker.stop)
    yield "kafka-dump-log decodes what both wrote", groups.decoded
    yield "members go on with Kafka", groups.on_theirs
    yield "members go on with the broker under test, which is killed", lambda: groups.on_ours(groups.broker.kill)
    yield "members go on with Kafka after that", groups.on_theirs
    yield "members go on once more, and leave", groups.part


if __name__ == "__main__":
    steps.play(__doc__, lambda broker, tools: steps_of(Groups(broker, tools)))
