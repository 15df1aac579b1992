"""The broker's process: started on the same directory and port again and again."""

import os
import resource
import signal
import subprocess

STOP_PATIENCE = 30.0


class Skipped(Exception):
    """The part cannot run here; says why."""


class Process:
    every = []  # so that none is left behind, whatever happens

    def __init__(self, binary, root, port, settings=(), environment=None, files=None):
        self.binary, self.root, self.port = str(binary), root, port
        self.settings, self.environment = list(settings), dict(environment or {})
        self.files = files  # at most so many descriptors
        self.data_dir = root / "disk" / "data"  # made by the broker
        self.log_path = root / "broker.log"
        self.bootstrap = f"127.0.0.1:{port}"
        self.process = None
        Process.every.append(self)
        self.data_dir.parent.mkdir(exist_ok=True)

    def start(self, shards=1):
        """Returns at once; the port is open a little later."""
        listener = f"PLAINTEXT://{self.bootstrap}"
        command = [self.binary, "start"]
        for setting in (f"log.dirs={self.data_dir}", f"listeners={listener}", f"advertised.listeners={listener}",
                        f"odradek.shards={shards}", *self.settings):
            command += ["--set", setting]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.root,
                                            env={**os.environ, "HOME": str(self.root), **self.environment},
                                            preexec_fn=self._limit if self.files else None)

    def _limit(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def status(self):
        return self.process.poll()

    def kill(self, how=signal.SIGKILL):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(how)
            self.process.wait()

    @classmethod
    def kill_all(cls):
        for one in cls.every:
            one.kill()
        cls.every.clear()

    def stop(self):
        """SIGTERM; the exit status, or None when it had to be killed."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_tail(self, lines=25):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(line[:300] for line in text.splitlines()[-lines:])
