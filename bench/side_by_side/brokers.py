"""The brokers that are compared: each a process on a free port of loopback, with a folder of its own."""

import os
import pathlib
import signal
import socket
import subprocess
import time


# So that 10,000 groups can be made one after another.
GROUPS_START_AT_ONCE = "group.initial.rebalance.delay.ms=0"


class Trouble(Exception):
    """One measure failed; the others go on."""


def free_port():
    """A port that is free together with the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                continue


class Broker:
    """`name` is what tables call it, `start_patience` how long a start may take."""

    name = ""
    start_patience = 60

    def __init__(self, scratch):
        self.folder = pathlib.Path(scratch) / self.name
        self.folder.mkdir()
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        """Returns the wall clock, in milliseconds, of the moment before the process began."""
        command = self.command()
        with open(self.folder / "output.log", "ab") as log:
            began = time.time() * 1000
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        return began

    @property
    def pid(self):
        return self.process.pid

    def check_alive(self):
        if self.process is None or self.process.poll() is not None:
            raise Trouble(f"{self.name} is gone:\n{self.end_of_output()}")

    def end_of_output(self, lines=8):
        text = (self.folder / "output.log").read_text(errors="replace")
        return "\n".join("  " + line for line in text.splitlines()[-lines:])

    def stop(self, patience=120):
        """A clean stop; returns the seconds it took."""
        self.check_alive()
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Trouble(f"{self.name} still ran {patience} s after SIGTERM") from None
        return time.monotonic() - began

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def forget(self):
        """The next start finds an empty folder; the old one goes with all others: that takes long, and disturbs."""
        self.kill()
        self.folder = self.folder.with_name(self.folder.name + "-again")
        self.folder.mkdir()

    def resident_mb(self):
        self.check_alive()
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6


class Odradek(Broker):
    name = "odradek"

    def __init__(self, scratch, binary):
        super().__init__(scratch)
        self.binary = str(binary)

    def command(self):
        listener = f"PLAINTEXT://127.0.0.1:{self.port}"
        settings = [f"listeners={listener}", f"advertised.listeners={listener}", f"log.dirs={self.folder / 'logs'}",
                    GROUPS_START_AT_ONCE]
        command = [self.binary, "start"]
        for setting in settings:
            command += ["--set", setting]
        return command


class Kafka(Broker):
    name = "kafka"
    start_patience = 300

    def __init__(self, scratch, script):
        super().__init__(scratch)
        self.script = str(script)
        subprocess.run([self.script, "install"], check=True)

    def command(self):
        return [self.script, "run", str(self.port), str(self.folder / "data"), GROUPS_START_AT_ONCE]
