"""What is measured, and how: each function runs odradek_load against one broker and returns numbers by name."""

import json
import subprocess
import time

from side_by_side.brokers import Trouble

MANY_TOPICS = ["--topic", "many", "--topics", "10", "--partitions", "1000"]
MILLION_OFFSETS = ["--topic", "million", "--group", "million", "--groups", "1000"]
IN_A_ROW = ["--depth", "5"]  # a producer's default for max.in.flight.requests.per.connection
AS_A_PRODUCER = [*IN_A_ROW, "--keep-partition"]  # one without keys
AT_A_PACE = ["--rate", 5000, "--depth", 64, "--commits", 25000]
FEW_TOPICS = ["--topic", "first", "--partitions", "1"]


class Load:
    """The load generator."""

    def __init__(self, binary):
        self.binary = str(binary)

    def run(self, *arguments, patience=300):
        """The line it printed, as a dictionary."""
        command = [self.binary, *map(str, arguments)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=patience)
        except subprocess.TimeoutExpired:
            raise Trouble(f"no end after {patience} s: odradek_load {' '.join(command[1:])}") from None
        return self.parsed(command, done.returncode, done.stdout, done.stderr)

    def parsed(self, command, status, output, errors):
        if status != 0:
            raise Trouble(f"{errors.strip()} (in: {' '.join(command[1:])})")
        return json.loads(output) if output.strip() else {}

    def against(self, broker, measure, *arguments, patience=300):
        broker.check_alive()
        return self.run(measure, "--port", broker.port, "--pid", broker.pid, *arguments, patience=patience)


def first_start(load, broker):
    """An empty folder becomes a broker with one small topic; its memory when nothing happens."""
    broker.start()
    load.against(broker, "create", *FEW_TOPICS)
    load.against(broker, "ready", *FEW_TOPICS)
    time.sleep(2)
    return {"rss_idle_mb": broker.resident_mb()}


def timed_start(load, broker, topics, prefix):
    """From the process's start to the first record taken, and to all partitions being led."""
    began, ready = started_and_ready(load, broker, "ready", topics)
    return {f"{prefix}first_produce_ms": ready["first_produce_wall_ms"] - began,
            f"{prefix}led_s": (ready["led_wall_ms"] - began) / 1000}


def started_and_ready(load, broker, measure, arguments):
    """When the process was started, and what the load that waited for it found."""
    command = [load.binary, measure, "--port", str(broker.port), *arguments]
    waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(0.2)  # it is waiting by now, so its own start does not count
    began = broker.start()
    try:
        output, errors = waiting.communicate(timeout=broker.start_patience)
    except subprocess.TimeoutExpired:
        waiting.kill()
        waiting.communicate()
        raise Trouble(f"{broker.name} serves nothing {broker.start_patience} s after its start") from None
    return began, load.parsed(command, waiting.returncode, output, errors)


def restart(load, broker):
    broker.stop()
    return timed_start(load, broker, FEW_TOPICS, "start_")


def warm(load, broker, seconds):
    """A broker on a virtual machine needs a while to reach its speed."""
    share = seconds / 4
    load.against(broker, "produce", "--topic", "warm", "--seconds", share)
    load.against(broker, "requests", "--topic", "warm", "--seconds", share)
    load.against(broker, "fetch", "--topic", "warm")
    load.against(broker, "e2e", "--topic", "warm-e2e", "--seconds", max(share, 2))
    load.against(broker, "requests", "--topic", "warm", "--seconds", share)
    load.against(broker, "delete", "--topic", "warm")


def produce_and_fetch(load, broker, mib, number):
    """One topic written in batches of 64 KB, then read three times; gone afterwards."""
    topic = f"batches-{number}"
    written = load.against(broker, "produce", "--topic", topic, "--mib", mib)
    read = load.against(broker, "fetch", "--topic", topic, "--passes", 3)
    load.against(broker, "delete", "--topic", topic)
    return {"produce_cpu": written["cpu_s_per_gb"], "produce_mb": written["mb_per_s"],
            "fetch_cpu": read["cpu_s_per_gb"], "fetch_mb": read["mb_per_s"], "rss_loaded_mb": written["rss_mb"]}


def requests(load, broker, seconds):
    """As producers without keys send by default; then one in flight on each connection, each to another partition."""
    said = load.against(broker, "requests", "--topic", "single", "--seconds", seconds, *AS_A_PRODUCER)
    single = load.against(broker, "requests", "--topic", "single", "--seconds", seconds)
    return shown_of_requests(said, single)


def shown_of_requests(said, single):
    return {"requests_cpu": said["cpu_us_per_request"], "requests_rate": said["requests_per_s"],
            "requests_p99_us": said["p99_us"], "single_cpu": single["cpu_us_per_request"],
            "single_rate": single["requests_per_s"], "single_p99_us": single["p99_us"]}


def end_to_end(load, broker, seconds):
    said = load.against(broker, "e2e", "--topic", "latency", "--seconds", seconds)
    return {"e2e_p50_us": said["p50_us"], "e2e_p99_us": said["p99_us"], "e2e_p999_us": said["p999_us"]}


def idle_connections(load, broker):
    return {"idle_connection_bytes": load.against(broker, "idle", "--connections", 2000)["bytes_per_connection"]}


def commits(load, broker):
    """As fast as answers come, with one in flight and with five; then at a rate that both brokers can keep."""
    said = load.against(broker, "commits", "--topic", "commits")
    run = load.against(broker, "commits", "--topic", "commits", *IN_A_ROW)
    paced = load.against(broker, "commits", "--topic", "commits", *AT_A_PACE)
    return {"commits_cpu": 1e6 / said["commits_per_cpu_s"], "commits_p99_us": said["p99_us"],
            "commits_run_cpu": 1e6 / run["commits_per_cpu_s"], "commits_run_p99_us": run["p99_us"],
            "commits_paced_cpu": 1e6 / paced["commits_per_cpu_s"], "commits_paced_p99_us": paced["p99_us"]}


def many_heartbeats(load, broker):
    return {"heartbeats_cpu": load.against(broker, "classic-groups", "--groups", 10000)["cpu_us_per_heartbeat"]}


def heartbeat_floor(load):
    return {"heartbeats_cpu": load.run("limit", "heartbeats", "--groups", 10000)["cpu_us_per_heartbeat"]}


def many_groups(load, broker):
    """What 10,000 groups of one member weigh in a new broker: one that has freed memory would put them there."""
    broker.forget()
    broker.start()
    load.against(broker, "create", *FEW_TOPICS)
    said = load.against(broker, "classic-groups", "--groups", 10000, "--seconds", 1)
    return {"group_bytes": said["bytes_per_group"]}


def large_group(load, broker):
    said = load.against(broker, "consumer-group", "--members", 1000, "--partitions", 1000)
    return {"converged_s": said["converged_s"], "members_cpu": said["rest_cpu_percent"]}


def million_offsets(load, broker):
    """A new broker with 1,000,000 committed offsets and nothing else, stopped and started."""
    broker.forget()
    broker.start()
    load.against(broker, "create", "--topic", "million", "--partitions", 1000)
    load.against(broker, "commits", *MILLION_OFFSETS, "--commits", 1000, "--connections", 4, "--partitions", 1000,
                 "--partitions-per-commit", 1000)
    broker.stop()
    began, ready = started_and_ready(load, broker, "commits-ready", MILLION_OFFSETS)
    return {"million_first_s": (ready["first_offset_wall_ms"] - began) / 1000,
            "million_all_s": (ready["all_offsets_wall_ms"] - began) / 1000}


def many_partitions(load, broker):
    """10,000 partitions made, then a clean stop and a start."""
    made = load.against(broker, "create", *MANY_TOPICS)
    found = {"many_led_s": made["led_s"], "many_rss_mb": made["rss_mb"]}
    found["many_stop_s"] = broker.stop()
    return {**found, **timed_start(load, broker, MANY_TOPICS, "many_restart_")}


def floor(load, mib, seconds):
    """The same machine without a broker."""
    written = load.run("limit", "produce", "--mib", mib)
    asked = load.run("limit", "requests", "--seconds", seconds, *AS_A_PRODUCER)
    single = load.run("limit", "requests", "--seconds", seconds)
    crowd = load.run("limit", "requests", "--connections", 50, "--seconds", seconds)  # as many as commit offsets
    read = load.run("limit", "fetch", "--mib", mib, "--passes", 3)
    return {"produce_cpu": written["cpu_s_per_gb"], "produce_mb": written["mb_per_s"], **shown_of_requests(asked, single),
            "fetch_cpu": read["cpu_s_per_gb"], "fetch_mb": read["mb_per_s"],
            "commits_cpu": crowd["cpu_us_per_request"], "commits_p99_us": crowd["p99_us"]}
