"""Power cuts: what the disk may have kept at any moment of a recorded run is started on, and every ack is looked for.

With log.flush.interval.messages=1 an acknowledgement, and every record read, means the disk. Without it the promise is that
of the background flush: what is older than about a second is there. Acknowledged topics mean the disk in both.
"""

import os
import random
import shutil
import signal
import time

import wire
from clients import Administrator, Producer, Reader
from disk_model import MAKE_DIRECTORY, CREATE, RENAME, SYNC_END, Disk, read_recording
from history import History, check_partition
from kafka_client import RETRIABLE, connect, produce_body, produced, read_all
from process import Process

TOPIC, PARTITIONS = "cuts", 3
SETTINGS = ("replica.high.watermark.checkpoint.interval.ms=150",
            "log.flush.offset.checkpoint.interval.ms=300", "metadata.log.max.record.bytes.between.snapshots=2048",
            "log.index.interval.bytes=512", "log.segment.delete.delay.ms=300", "log.retention.check.interval.ms=400")
TOPIC_SETTINGS = (("internal.segment.bytes", "32768"),)
DIE = signal.SIGUSR2  # the recorder's kill -9
START_PATIENCE = 20.0
AT_ONCE, SOON = "at once", "soon"  # when what is acknowledged is on the disk
SOON_NS = 2_500_000_000  # a second, and what this machine may be late


class Recorded:
    """A run that was recorded: what the clients know, and what the process did to its directory."""

    def __init__(self, binary, recorder, root, port, seconds, seed, promise=AT_ONCE):
        root.mkdir(exist_ok=True)
        self.binary, self.root, self.port = binary, root, port
        self.settings = [*SETTINGS, *(["log.flush.interval.messages=1"] if promise == AT_ONCE else [])]
        self.grace_ns = 0 if promise == AT_ONCE else SOON_NS
        self.history = History()
        self.file = root / "recording"
        self.tree = root / "disk"
        self._run(recorder, seconds, random.Random(seed))
        self.entries = read_recording(self.file)

    def _run(self, recorder, seconds, chance):
        broker = Process(self.binary, self.root, self.port, self.settings,
                         {"LD_PRELOAD": str(recorder), "ODRADEK_RECORDING": str(self.file),
                          "ODRADEK_RECORDED_ROOT": str(self.tree)})
        broker.start(2)
        with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
            error, message = wire.create_topic(connection, TOPIC, PARTITIONS, configs=TOPIC_SETTINGS)
            if error:
                raise AssertionError(f"CreateTopics answers {error}: {message}")
        self.administrator = Administrator(broker.bootstrap, self.history)
        self.producers = [Producer(i, broker.bootstrap, self.history, TOPIC, PARTITIONS, pace=0.008, sent_kept=None) for i in range(2)]
        readers = [Reader(0, broker.bootstrap, self.history, TOPIC, PARTITIONS)]
        everyone = [self.administrator, *self.producers, *readers]
        for client in everyone:
            client.start()
        lives = 4
        for life in range(lives):
            time.sleep(seconds / lives * (0.5 + chance.random()))
            if life % 2 == 0:
                broker.kill(DIE)
            elif broker.stop() != 0:
                self.history.complain("the broker did not stop cleanly")
            broker.start(1 + life % 2)
        for client in everyone:
            client.end()
        for client in everyone:
            client.join(30)
        broker.kill(DIE)
        if self.history.complaints:
            raise AssertionError("; ".join(self.history.complaints) + "\n" + broker.log_tail())

    def moments(self, chance, count):
        """Entry indexes to cut at, ascending: half of them right after something rare."""
        rare = [i for i, e in enumerate(self.entries) if e.effect in (RENAME, CREATE, MAKE_DIRECTORY)]
        synced = [i for i, e in enumerate(self.entries) if e.effect == SYNC_END]
        picks = [min(chance.choice(rare) + chance.randint(0, 2), len(self.entries) - 2) for _ in range(count // 3)]
        picks += [chance.choice(synced) for _ in range(count // 3)]
        picks += [chance.randrange(len(self.entries) - 1) for _ in range(count - len(picks))]
        return sorted(picks)

    def check_model(self):
        """The model, with nothing dropped, must be what really lies in the directory: else nothing here means much."""
        disk = Disk(str(self.tree))
        for entry in self.entries:
            disk.take(entry)
        seen = self.root / "seen"
        disk.crash(seen, None)
        complaints = []
        for path in sorted({p.relative_to(d) for d in (self.tree, seen) for p in d.rglob("*") if p.is_file()}):
            here, there = self.tree / path, seen / path
            if path.name == ".lock":
                continue
            if not here.exists() or not there.exists() or here.read_bytes() != there.read_bytes():
                complaints.append(f"the recorder missed something: {path} differs from what was recorded")
        shutil.rmtree(seen)
        return complaints


def cuts(recorded, count, seconds, seed, ignored=()):
    """Cuts the power `count` times, or for `seconds`; returns (cuts made, complaints).

    `ignored` syncs are taken to do nothing. The first cut that costs something is the last.
    """
    chance = random.Random(seed)
    began, done, complaints = time.monotonic(), 0, []
    while (done < count if count else time.monotonic() - began < seconds) and not complaints:
        disk, taken = Disk(str(recorded.tree), ignored), 0
        for moment in recorded.moments(chance, min(count, 40) if count else 40):
            while taken <= moment:
                disk.take(recorded.entries[taken])
                taken += 1
            found = _cut(recorded, disk, moment, random.Random(chance.random()))
            done += 1
            complaints += found
            if found or (not count and time.monotonic() - began > seconds):
                break
    return done, complaints


def _cut(recorded, disk, moment, chance):
    root = recorded.root / "cut"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    disk.crash(root / "disk", chance)
    shutil.copytree(root / "disk", root / "found")
    until = recorded.entries[moment + 1].time
    broker = Process(recorded.binary, root, recorded.port, recorded.settings)
    broker.start(chance.choice((1, 2)))
    try:
        complaints = _check(recorded, broker, until)
    except (wire.Closed, OSError, AssertionError) as trouble:
        complaints = [f"{type(trouble).__name__}: {trouble}"]
    if complaints:
        tail = broker.log_tail(8)
        complaints = [f"power cut after entry {moment} of {len(recorded.entries)}: {text}" for text in complaints]
        complaints[-1] += (f"\nthe broker said last:\n{tail}\n"
                           f"{root}/found is what the disk held, {root}/disk what was made of it")
    broker.kill()
    return complaints


def _check(recorded, broker, until):
    deadline = time.monotonic() + START_PATIENCE
    gone = lambda: not broker.is_running() or time.monotonic() > deadline
    connection = connect(broker.bootstrap, gone)
    if connection is None:
        return [f"it does not start: status {broker.status()}"]
    with connection:
        complaints = _check_topics(connection, recorded.administrator, until)
        until -= recorded.grace_ns
        exists = wire.metadata(connection, [TOPIC])[TOPIC][0] == 0
        if not exists:
            if any(at < until for at in recorded.history.acked_at.values()):
                complaints.append(f"topic {TOPIC} is gone")
            return complaints
        wanted = {}
        for (partition, offset), at in [*recorded.history.acked_at.items(), *recorded.history.read_at.items()]:
            if at < until:
                wanted[partition] = max(wanted.get(partition, 0), offset + 1)
        # What is flushed later may come to the disk in any order: the second segment of a log, and not the first.
        lost = recorded.grace_ns > 0
        found = read_all(connection, TOPIC, range(PARTITIONS), gone, wanted=wanted, start_may_be_lost=lost)
        for partition, records in found.items():
            complaints += check_partition(partition, records, recorded.history, until, complete=False, start_may_be_lost=lost)
        if not complaints:
            complaints = _check_producers(connection, recorded, until)
    return complaints


def _check_topics(connection, administrator, until):
    made, gone = {}, set()
    for at, what, name, partitions in administrator.log:
        if at < until and what == "made":
            made[name] = partitions
        elif at < until:
            gone.add(name)
    for name, at in administrator.begun.items():
        if at < until:
            made.pop(name, None)
    if not made and not gone:
        return []
    found = wire.metadata(connection, [*made, *gone])
    complaints = [f"topic {name} with {partitions} partitions was acknowledged; Metadata says {found[name]}"
                  for name, partitions in made.items() if found[name][0] or len(found[name][1]) != partitions]
    return complaints + [f"topic {name} was deleted and is there again" for name in gone if found[name][0] == 0]


def _check_producers(connection, recorded, until):
    """A producer that did not hear of its last acknowledgement sends the batch again: it must be known."""
    complaints = []
    for producer in recorded.producers:
        for partition, batches in producer.sent.items():
            acked = [b for b in batches if _acked(recorded.history, producer.number, b) < until]
            if not acked:
                continue
            last = acked[-1]
            offset = recorded.history.offset_of[producer.number, partition, last.number]
            answer = None
            while answer is None or answer[0] in RETRIABLE:
                answer = produced(connection.call(wire.PRODUCE, 3, produce_body(TOPIC, {partition: last.bytes})))[partition]
            # If a later batch, not acknowledged before the cut, has survived, the broker may remember only that one.
            if answer not in ((0, offset), (46, -1)) and answer[0] != 45:
                complaints.append(f"producer {producer.number} sends its last acknowledged batch of partition {partition} "
                                  f"again, {last.count} records at {offset}: the answer is {answer}")
    return complaints


def _acked(history, producer, batch):
    offset = history.offset_of.get((producer, batch.partition, batch.number))
    return history.acked_at[batch.partition, offset] if offset is not None else float("inf")


def run(binary, recorder, root, port, count, seconds, seed):
    """Two runs are recorded: three quarters of the cuts are of the one with the stronger promise."""
    told = []
    for promise, share in ((AT_ONCE, 0.75), (SOON, 0.25)):
        recorded = Recorded(binary, recorder, root / promise.replace(" ", "-"), port, 5.0, seed, promise)
        complaints = recorded.check_model()
        if not complaints:
            done, complaints = cuts(recorded, int(count * share), seconds * share, seed)
            told.append(f"on disk {promise}: {done} power cuts into {recorded.history.acks} acknowledged batches, "
                        f"{len(recorded.entries)} effects, {_kinds(recorded)}")
        if complaints:
            break
    return complaints, "; ".join(told)


def run_without_syncs(binary, recorder, root, port, count, seed):
    """Each kind of sync taken away must be noticed; syncfs is what the background flush lives by."""
    complaints, told = [], []
    for promise, calls in ((AT_ONCE, ("fdatasync", "fsync")), (SOON, ("syncfs",))):
        recorded = Recorded(binary, recorder, root / promise.replace(" ", "-"), port, 6.0, seed, promise)
        for call in calls:
            done, found = cuts(recorded, count, 0, seed, {call})
            told.append(f"without {call}: {f'noticed at cut {done}' if found else 'NOT noticed'}")
            if not found:
                complaints.append(f"without {call}, {done} power cuts lost nothing")
    return complaints, "; ".join(told)


def _kinds(recorded):
    kinds = {}
    for entry in recorded.entries:
        if entry.effect == SYNC_END:
            kinds[entry.call] = kinds.get(entry.call, 0) + 1
    return ", ".join(f"{count} {call}" for call, count in sorted(kinds.items()))
