"""The wall clock is set while the broker runs: a day ahead and back, then a day ahead for good.

What is deleted by age must not be deleted by a mistake of the clock, waits must not notice, and a clock that stays as it was
set is believed after a while. libfaketime is the clock; the monotonic one stays true.
"""

import glob
import threading
import time

import wire
from kafka_client import NONE, OFFSET_OUT_OF_RANGE, connect, fetch, produce_body, produced
from process import Process, Skipped

TOPIC = "ages"
PAUSE = 4.0  # seconds; log.segment.delete.delay.ms, for which retention rests once the clock was set
CHECKS = 0.1  # seconds between looks at the clock
SETTINGS = (f"log.segment.delete.delay.ms={int(PAUSE * 1000)}", f"log.retention.check.interval.ms={int(CHECKS * 1000)}",
            "log.segment.bytes=1048576", "log.retention.ms=3600000")
DAY = 24 * 3600
PATIENCE = 15.0


class WallClock:
    """What the broker's process takes for the time of day."""

    def __init__(self, root):
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if not libraries:
            raise Skipped("libfaketime is not installed")
        self._file = root / "clock"
        self.set(0)
        self.environment = {"LD_PRELOAD": libraries[0], "FAKETIME_TIMESTAMP_FILE": str(self._file), "FAKETIME_NO_CACHE": "1",
                            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}

    def set(self, seconds_ahead):
        whole = self._file.with_suffix(".new")
        whole.write_text(f"{seconds_ahead:+d}s\n")
        whole.rename(self._file)


def run(binary, root, port):
    clock = WallClock(root)
    broker = Process(binary, root, port, SETTINGS, clock.environment)
    complaints, told = [], []
    try:
        broker.start(2)
        _play(broker, clock, complaints, told)
    except (wire.Closed, OSError, AssertionError) as trouble:
        complaints.append(f"{type(trouble).__name__}: {trouble}")
    if complaints:
        complaints[-1] += f"\nthe broker said last:\n{broker.log_tail(12)}"
    return complaints, ", ".join(told)


def _play(broker, clock, complaints, told):
    connection = connect(broker.bootstrap, lambda: not broker.is_running())
    if connection is None:
        if "Sanitizer" in broker.log_path.read_text(errors="replace"):
            raise Skipped("libfaketime and sanitizers do not go together")
        complaints.append("it does not start under libfaketime")
        return
    with connection:
        error, message = wire.create_topic(connection, TOPIC)
        assert error == NONE, message
        _fill(connection)
        time.sleep(5 * CHECKS)
        if not _has_first_record(connection):
            complaints.append("records were deleted before the clock was set")
            return

        waiting = _LongPoll(broker, seconds=2.0)
        clock.set(DAY)
        _expect_notice(broker, 1)
        clock.set(0)
        _expect_notice(broker, 2)
        waiting.check(complaints)
        time.sleep(PAUSE + 5 * CHECKS)
        if not _has_first_record(connection):
            complaints.append("records were deleted while the clock was a day ahead for a moment")
            return

        clock.set(DAY)
        _expect_notice(broker, 3)
        noticed = time.monotonic()
        while _has_first_record(connection):
            if time.monotonic() - noticed > PATIENCE:
                complaints.append("a clock that stays where it was set is not believed: nothing is deleted by age")
                return
            time.sleep(CHECKS / 2)
        rested = time.monotonic() - noticed
        if rested < PAUSE - 5 * CHECKS:
            complaints.append(f"retention went on {rested:.1f} s after the clock was set, not {PAUSE:.0f} s")
        told.append(f"three jumps noticed, retention rested {rested:.1f} s, and then believed the clock")
    if broker.stop() != 0:
        complaints.append("it did not stop cleanly")


def _fill(connection):
    """A few segments: what is older than the last of them can be deleted."""
    batch = wire.record_batch([wire.record(0, b"k", b"v" * 300_000)], timestamp=time.time_ns() // 1_000_000)
    for _ in range(10):
        error, _ = produced(connection.call(wire.PRODUCE, 3, produce_body(TOPIC, {0: batch})))[0]
        assert error == NONE, f"Produce answers {error}"


def _has_first_record(connection):
    error, _, _ = fetch(connection, TOPIC, {0: 0}, wait_ms=0, max_bytes=1)[0]
    assert error in (NONE, OFFSET_OUT_OF_RANGE), f"Fetch answers {error}"
    return error == NONE


def _expect_notice(broker, count):
    deadline = time.monotonic() + PATIENCE
    while broker.log_path.read_text(errors="replace").count("wall_clock_set") < count:
        assert time.monotonic() < deadline, f"the clock was set {count} times and not noticed"
        time.sleep(CHECKS / 5)


class _LongPoll(threading.Thread):
    """A fetch from the end of the log that may take `seconds`, whatever the wall clock says meanwhile."""

    def __init__(self, broker, seconds):
        super().__init__()
        self._broker, self._seconds, self._took = broker, seconds, None
        self.start()

    def run(self):
        with connect(self._broker.bootstrap, lambda: not self._broker.is_running()) as connection:
            began = time.monotonic()
            fetch(connection, TOPIC, {0: 10}, wait_ms=int(self._seconds * 1000))
            self._took = time.monotonic() - began

    def check(self, complaints):
        self.join(PATIENCE)
        if self._took is None or not 0.9 * self._seconds < self._took < self._seconds + 2:
            complaints.append(f"a long poll of {self._seconds} s took {self._took} s when the clock was set")
