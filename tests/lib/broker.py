"""Starts and stops the broker binary under test, each time on a free port with an empty data directory."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class BrokerTrouble(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    """One process of the broker. Use as a context manager: it stops and leaves nothing behind."""

    def __init__(self, binary, shards=1, settings=()):
        self.binary = str(binary)
        self.shards = shards
        self.settings = list(settings)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="odradek-tests-"))
        self.data_dir = self.root / "data"
        self.log_path = self.root / "broker.log"
        self.port = free_port()
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        self.remove()

    def start(self, patience=60.0):
        """Returns once the broker accepts connections."""
        listener = f"PLAINTEXT://{self.bootstrap}"
        settings = [f"log.dirs={self.data_dir}", f"listeners={listener}", f"advertised.listeners={listener}",
                    f"odradek.shards={self.shards}", *self.settings]
        command = [self.binary, "start"]
        for setting in settings:
            command += ["--set", setting]
        # A home of its own, so that nothing of the machine's configuration leaks into the test.
        environment = {**os.environ, "HOME": str(self.root)}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.root,
                                            env=environment)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BrokerTrouble(f"the broker ended with status {self.process.returncode}:\n{self.log_tail()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise BrokerTrouble(f"the broker accepts no connections after {patience:.0f} s:\n{self.log_tail()}")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, patience=60.0):
        """Sends SIGTERM and waits; raises BrokerTrouble unless the broker ends cleanly, its marker written."""
        if not self.is_running():
            raise BrokerTrouble(f"the broker is gone, status {self.process.returncode}:\n{self.log_tail()}")
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise BrokerTrouble(f"the broker still ran {patience:.0f} s after SIGTERM:\n{self.log_tail()}") from None
        if status != 0:
            raise BrokerTrouble(f"the broker ended with status {status} after SIGTERM:\n{self.log_tail()}")
        if not (self.data_dir / ".kafka_cleanshutdown").exists():
            raise BrokerTrouble(f"the broker stopped without .kafka_cleanshutdown:\n{self.log_tail()}")

    def kill(self):
        if self.is_running():
            self.process.kill()
            self.process.wait()

    def remove(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def log_tail(self, lines=30):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(line[:300] for line in text.splitlines()[-lines:])
