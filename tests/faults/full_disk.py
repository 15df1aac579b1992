"""A disk that fills under load, on a small file system of its own: twice, with restarts while it is full.

Full, the broker refuses records with an error that clients retry, and goes on serving reads and metadata; with room again
it takes records without a restart.
"""

import os
import shutil
import subprocess
import time

import wire
from clients import Administrator, Producer, Reader
from history import History, check_partition
from kafka_client import NONE, RETRIABLE, connect, produce_body, produced, read_all
from process import Process, Skipped

TOPIC, PARTITIONS = "fills", 3
SETTINGS = ("replica.high.watermark.checkpoint.interval.ms=200", "log.flush.offset.checkpoint.interval.ms=400",
            "metadata.log.max.record.bytes.between.snapshots=4096", "log.segment.delete.delay.ms=200")
MEGABYTE = 1 << 20
PATIENCE = 15.0


class SmallDisk:
    """A mounted file system of a few megabytes: tmpfs, or ext4 in a file."""

    def __init__(self, place, kind, megabytes):
        self.place, self.kind = place, kind
        place.mkdir()
        if os.geteuid() != 0:
            raise Skipped("mounting a small file system takes root")
        if kind == "tmpfs":
            command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(place)]
        else:
            image = place.parent / "image"
            image.write_bytes(b"")
            os.truncate(image, megabytes * MEGABYTE)
            made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], capture_output=True, text=True)
            if made.returncode:
                raise Skipped(f"mkfs.ext4: {made.stderr.strip()}")
            command = ["mount", "-o", "loop", str(image), str(place)]
        mounted = subprocess.run(command, capture_output=True, text=True)
        if mounted.returncode:
            raise Skipped(f"{' '.join(command)}: {mounted.stderr.strip()}")
        self.filler = place / "filler"

    def room(self):
        status = os.statvfs(self.place)
        return status.f_bavail * status.f_frsize

    def fill(self, leave):
        """Somebody else's file takes all but `leave` bytes."""
        with open(self.filler, "wb") as file:
            try:
                while self.room() > leave:
                    file.write(bytes(min(256 << 10, max(4096, self.room() - leave))))
                    file.flush()
            except OSError:
                pass

    def free(self):
        self.filler.unlink()

    def unmount(self, keep):
        """Of a disk to be looked at later the contents are copied beside it."""
        if keep:
            shutil.copytree(self.place / "data", self.place.parent / "data", dirs_exist_ok=True)
        subprocess.run(["umount", "-l", str(self.place)], check=False)


def run(binary, root, port, kind):
    if shutil.which("mount") is None:
        raise Skipped("there is no mount")
    disk = SmallDisk(root / "disk", kind, 48)
    history = History()
    broker = Process(binary, root, port, SETTINGS)
    told = []
    try:
        _play(broker, disk, history, told)
    except (wire.Closed, OSError, AssertionError) as trouble:
        history.complain(f"{type(trouble).__name__}: {trouble}")
    finally:
        broker.kill()
        disk.unmount(bool(history.complaints))
    if history.complaints:
        history.complaints[-1] += f"\nthe broker said last:\n{broker.log_tail(12)}"
    return history.complaints, f"on {kind}: {', '.join(told)}"


def _play(broker, disk, history, told):
    broker.start(2)
    with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
        error, message = wire.create_topic(connection, TOPIC, PARTITIONS)
        assert error == NONE, message
    producers = [Producer(i, broker.bootstrap, history, TOPIC, PARTITIONS, pace=0.002) for i in range(2)]
    readers = [Reader(0, broker.bootstrap, history, TOPIC, PARTITIONS)]
    administrator = Administrator(broker.bootstrap, history)
    everyone = [*producers, *readers, administrator]
    for client in everyone:
        client.start()
    try:
        for how in ("running", "stopped", "killed"):
            time.sleep(0.7)
            disk.fill(600 << 10)
            _expect_refusal(broker, history, disk)
            _expect_service(broker)
            if how == "stopped":
                status = broker.stop()
                if status is None:
                    history.complain("it does not stop on a full disk")
                told.append(f"stopped with status {status}")
            elif how == "killed":
                broker.kill()
            if how != "running":
                broker.start(1)
                _expect_refusal(broker, history, disk)
                _expect_service(broker)
            disk.free()
            took = _expect_records(broker, history)
            told.append(f"{how}: took records {took:.1f} s after there was room")
            if history.complaints:
                return
    finally:
        for client in everyone:
            client.end()
    for client in everyone:
        client.join(PATIENCE)
        if client.is_alive():
            history.complain(f"{client.name} cannot finish")
    for _ in range(2):
        with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
            for partition, records in read_all(connection, TOPIC, range(PARTITIONS), lambda: False).items():
                for complaint in check_partition(partition, records, history):
                    history.complain(complaint)
        if broker.stop() != 0:
            history.complain("it did not stop cleanly with room on the disk")
        broker.start(2)


def _expect_refusal(broker, history, disk):
    """Sends a large batch until it is refused."""
    batch = wire.record_batch([wire.record(0, b"k", b"v" * 300_000)])
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
            error = wire.create_topic(connection, "large", 1)[0]
            assert error in (NONE, 36) or error in RETRIABLE or error == -1, f"CreateTopics answers {error}"
            if error in (NONE, 36):
                error = produced(connection.call(wire.PRODUCE, 3, produce_body("large", {0: batch})))[0][0]
                if error not in (NONE, 3, 5, 6):
                    assert error in RETRIABLE, f"on a full disk Produce answers {error}"
                    return
        time.sleep(0.02)
    raise AssertionError(f"with {disk.room()} bytes of room records are still taken")


def _expect_service(broker):
    with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
        wire.metadata(connection, [TOPIC])
        read_all(connection, TOPIC, range(PARTITIONS), lambda: not broker.is_running())
    time.sleep(1.2)
    assert broker.is_running(), f"it ended with status {broker.status()} on a full disk"


def _expect_records(broker, history):
    began, acks = time.monotonic(), history.acks
    while history.acks < acks + 20 and not history.complaints:
        assert broker.is_running(), f"it ended with status {broker.status()}"
        assert time.monotonic() < began + PATIENCE, "there is room again, and no records are taken"
        time.sleep(0.01)
    return time.monotonic() - began
