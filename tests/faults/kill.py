"""kill -9, over and over, under load: nothing acknowledged is lost or doubled, and readers see nothing change."""

import os
import random
import signal
import struct
import time

import wire
from clients import Administrator, Producer, Reader
from history import History, check_partition
from kafka_client import connect, read_all
from process import Process

TOPIC, PARTITIONS = "kills", 4
SETTINGS = ("replica.high.watermark.checkpoint.interval.ms=100", "log.flush.offset.checkpoint.interval.ms=200",
            "metadata.log.max.record.bytes.between.snapshots=4096", "log.index.interval.bytes=512",
            "log.segment.delete.delay.ms=500")
TOPIC_SETTINGS = (("internal.segment.bytes", "262144"), ("min.insync.replicas", "1"))
PATIENCE = 30.0  # without an acknowledgement


def run(binary, root, port, kills, seconds, seed, say, sabotage=None):
    """Kills `kills` times, or for `seconds`. Returns (complaints, one line about the load).

    `sabotage(data directory)` is called after each kill, to show that what it breaks is noticed.
    """
    chance = random.Random(seed)
    # In some runs an acknowledgement means the disk: then other code answers.
    synced = ["log.flush.interval.messages=1"] if chance.random() < 0.3 else []
    broker = Process(binary, root, port, [*SETTINGS, *synced])
    history = History()
    broker.start(chance.choice((1, 2, 4)))
    with connect(broker.bootstrap, lambda: False) as connection:
        error, message = wire.create_topic(connection, TOPIC, PARTITIONS, configs=TOPIC_SETTINGS)
        if error:
            raise AssertionError(f"CreateTopics answers {error}: {message}")
    producers = [Producer(i, broker.bootstrap, history, TOPIC, PARTITIONS) for i in range(4)]
    readers = [Reader(i, broker.bootstrap, history, TOPIC, PARTITIONS) for i in range(2)]
    administrator = Administrator(broker.bootstrap, history)
    everyone = [*producers, *readers, administrator]
    for client in everyone:
        client.start()
    began, done = time.monotonic(), 0
    while not history.complaints and (done < kills if kills else time.monotonic() - began < seconds):
        _let_live(broker, history, chance)
        if history.complaints:
            break
        broker.kill(signal.SIGKILL)
        done += 1
        if sabotage:
            sabotage(broker.data_dir)
        broker.start(chance.choice((1, 2, 4)))
        if done % 100 == 0:
            say(f"{done} kills, {history.acks} acknowledgements, {time.monotonic() - began:.0f} s")
    if not history.complaints:
        _finish(broker, history, producers, everyone)
    for client in everyone:
        client.must_leave.set()
    broker.kill(signal.SIGKILL)
    took = time.monotonic() - began
    return history.complaints, (f"{done} kills in {took:.0f} s, {history.acks} batches acknowledged, "
                                f"{history.duplicates} answered as duplicates, {history.records_read} records read, "
                                f"{administrator.count} topics made")


def _let_live(broker, history, chance):
    """Until the moment of the next death: mostly in the midst of work, now and then while it still starts."""
    if chance.random() < 0.15:
        time.sleep(chance.random() * 0.06)
    else:
        acks, deadline = history.acks, time.monotonic() + PATIENCE
        while history.acks == acks and not history.complaints:
            if not broker.is_running() or time.monotonic() > deadline:
                break
            time.sleep(0.002)
        if history.acks == acks and not history.complaints and broker.is_running():
            history.complain(f"nothing was acknowledged for {PATIENCE:.0f} s")
        time.sleep(min(chance.expovariate(1 / 0.06), 1.0))
    if not broker.is_running():
        history.complain(f"the broker ended by itself, status {broker.status()}")


def _finish(broker, history, producers, everyone):
    """All that was sent is acknowledged now; then everything is read from the beginning, and once more after a stop."""
    for client in everyone:
        client.end()
    for client in everyone:
        client.join(PATIENCE)
        if client.is_alive():
            history.complain(f"{client.name} cannot finish")
    for _ in range(2):
        if history.complaints:
            return
        with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
            found = read_all(connection, TOPIC, range(PARTITIONS), lambda: not broker.is_running(), 60)
        for partition, records in found.items():
            for complaint in check_partition(partition, records, history):
                history.complain(complaint)
        status = broker.stop()
        if status != 0:
            history.complain(f"the broker ended with status {status} after SIGTERM")
        broker.start(2)


def lose_a_tail(data_dir):
    """What a broker that acknowledges before it writes would leave behind: the last bytes of one log are missing."""
    logs = sorted((data_dir / f"{TOPIC}-0").glob("*.log"))
    if logs and logs[-1].stat().st_size > 2000:
        os.truncate(logs[-1], logs[-1].stat().st_size - 2000)


def repeat_a_batch(data_dir):
    """What a broker that forgets its producers would leave behind: the last records are there twice."""
    logs = sorted((data_dir / f"{TOPIC}-1").glob("*.log"))
    data = logs[-1].read_bytes() if logs else b""
    at, last = 0, None
    while at + 61 <= len(data) and at + 12 + struct.unpack_from(">i", data, at + 8)[0] <= len(data):
        last, at = at, at + 12 + struct.unpack_from(">i", data, at + 8)[0]
    if last is not None and at == len(data):
        again = bytearray(data[last:])
        delta, = struct.unpack_from(">i", again, 23)
        struct.pack_into(">q", again, 0, struct.unpack_from(">q", again, 0)[0] + delta + 1)
        struct.pack_into(">qhi", again, 43, -1, -1, -1)  # by no producer, so that its sequences are not looked at
        struct.pack_into(">I", again, 17, wire.crc32c(again[21:]))
        with open(logs[-1], "ab") as log:
            log.write(again)
