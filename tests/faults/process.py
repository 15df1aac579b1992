"""The broker's process: started on the same directory and port again and again."""

import os
import signal
import subprocess

STOP_PATIENCE = 30.0


class Process:
    def __init__(self, binary, root, port, settings=(), environment=None, wrapper=()):
        self.binary, self.root, self.port = str(binary), root, port
        self.settings, self.environment, self.wrapper = list(settings), dict(environment or {}), list(wrapper)
        self.data_dir = root / "data"
        self.log_path = root / "broker.log"
        self.bootstrap = f"127.0.0.1:{port}"
        self.process = None

    def start(self, shards=1):
        """Returns at once; the port is open a little later."""
        listener = f"PLAINTEXT://{self.bootstrap}"
        command = [*self.wrapper, self.binary, "start"]
        for setting in (f"log.dirs={self.data_dir}", f"listeners={listener}", f"advertised.listeners={listener}",
                        f"odradek.shards={shards}", *self.settings):
            command += ["--set", setting]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.root,
                                            env={**os.environ, "HOME": str(self.root), **self.environment})

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def status(self):
        return self.process.poll()

    def kill(self, how=signal.SIGKILL):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(how)
            self.process.wait()

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

    def log_tail(self, lines=25):
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(line[:300] for line in text.splitlines()[-lines:])
