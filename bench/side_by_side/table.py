"""The one table that comes of it, and which goals hold."""

import dataclasses
import statistics


@dataclasses.dataclass
class Row:
    key: str
    title: str
    unit: str
    share_max: float = None    # goal: at most this share of Kafka's
    value_max: float = None    # goal: at most this
    less_floor: bool = False   # the share is taken after the machine's own floor is subtracted from both
    floor_max: float = None    # or, instead: at most so many times the machine's own floor


ROWS = [
    Row("produce_cpu", "produce in 64 KB batches, CPU", "s/GB", share_max=1 / 3, less_floor=True),
    Row("produce_mb", "  throughput", "MB/s"),
    Row("requests_cpu", "one-record requests, 16 connections, CPU", "us each", share_max=1 / 4),
    Row("requests_rate", "  rate", "/s"),
    Row("requests_p99_us", "  p99", "us"),
    Row("single_cpu", "  one in flight, each to another partition, CPU", "us each"),
    Row("single_rate", "  rate", "/s"),
    Row("single_p99_us", "  p99", "us"),
    Row("fetch_cpu", "fetch, CPU", "s/GB", share_max=1 / 2),
    Row("fetch_mb", "  throughput", "MB/s"),
    Row("e2e_p50_us", "end to end at 1,000/s, p50", "us"),
    Row("e2e_p99_us", "  p99", "us", share_max=1 / 3),
    Row("e2e_p999_us", "  p99.9", "us"),
    Row("start_first_produce_ms", "start to first produce", "ms", value_max=50),
    Row("rss_idle_mb", "memory, idle", "MB", value_max=20),
    Row("rss_loaded_mb", "memory, loaded", "MB"),
    Row("idle_connection_bytes", "an idle connection", "bytes", value_max=4096),
    Row("many_led_s", "10,000 partitions created and led", "s", value_max=3),
    Row("many_rss_mb", "  memory with them", "MB"),
    Row("many_stop_s", "  clean stop", "s"),
    Row("many_restart_first_produce_ms", "  start to first produce", "ms"),
    Row("many_restart_led_s", "  start until all are led", "s", value_max=2),
    Row("commits_cpu", "offset commits of 50 groups, CPU", "us each", share_max=1 / 5),
    Row("commits_p99_us", "  p99", "us", share_max=1 / 5),
    Row("commits_run_cpu", "  5 in flight on each, CPU", "us each", share_max=1 / 5),
    Row("commits_run_p99_us", "  p99", "us", share_max=1 / 5),
    Row("commits_paced_cpu", "  at 5,000/s, CPU", "us each"),
    Row("commits_paced_p99_us", "  p99", "us", share_max=1 / 5),
    Row("group_bytes", "10,000 groups of one member, each", "bytes", value_max=5000),
    Row("heartbeats_cpu", "  heartbeats, CPU", "us each", share_max=1 / 4, floor_max=1.5),
    Row("converged_s", "1,000 members of one group converge", "s", share_max=1 / 3),
    Row("members_cpu", "  CPU at rest", "%", share_max=1 / 5),
    Row("million_first_s", "start to first of 1,000,000 offsets", "s", value_max=1),
    Row("million_all_s", "  to those of every group", "s"),
]


class Results:
    """Every number found, by broker ("limit" is the machine itself) and key."""

    def __init__(self):
        self.values = {}

    def add(self, name, found):
        for key, value in found.items():
            self.values.setdefault((name, key), []).append(value)

    def of(self, name, key):
        """The median of the runs; None if there was none."""
        values = self.values.get((name, key))
        return statistics.median(values) if values else None

    def print(self, with_kafka):
        columns = ["odradek"] + (["kafka", "ratio"] if with_kafka else []) + ["limit", "goal", ""]
        rows = [self._cells(row, with_kafka) for row in ROWS]
        widths = [max(len(line[i]) for line in [columns, *[row[1:] for row in rows]]) for i in range(len(columns))]
        title_width = max(len(row[0]) for row in rows)
        print(" " * title_width, *(name.rjust(width) for name, width in zip(columns, widths)), sep="  ")
        for title, *cells in rows:
            print(title.ljust(title_width), *(cell.rjust(width) for cell, width in zip(cells, widths)), sep="  ")
        verdicts = [row[-1] for row in rows if row[-1]]
        print(f"\n{verdicts.count('holds')} goals hold, {verdicts.count('FAILS')} fail, "
              f"{verdicts.count('unknown')} were not measured")

    def _cells(self, row, with_kafka):
        ours, theirs, floor = (self.of(name, row.key) for name in ("odradek", "kafka", "limit"))
        ratio = self._ratio(row, ours, theirs, floor)
        cells = [f"{row.title} ({row.unit})", shown(ours)]
        if with_kafka:
            cells += [shown(theirs), shown(ratio)]
        return cells + [shown(floor), goal_of(row), verdict(row, ours, ratio, floor, with_kafka)]

    @staticmethod
    def _ratio(row, ours, theirs, floor):
        if ours is None or theirs is None:
            return None
        if row.less_floor:
            if floor is None:
                return None
            ours, theirs = max(ours - floor, 0), theirs - floor
        return ours / theirs if theirs > 0 else None


def goal_of(row):
    if row.value_max is not None:
        return f"<= {shown(row.value_max)}"
    if row.share_max is not None:
        or_floor = f" or {row.floor_max:g} x limit" if row.floor_max is not None else ""
        return f"<= 1/{round(1 / row.share_max)}" + (" over limit" if row.less_floor else or_floor)
    return ""


def verdict(row, ours, ratio, floor, with_kafka):
    if row.floor_max is not None and None not in (ours, floor) and ours <= row.floor_max * floor:
        return "holds"
    if row.value_max is not None:
        return "unknown" if ours is None else "holds" if ours <= row.value_max else "FAILS"
    if row.share_max is not None and with_kafka:
        return "unknown" if ratio is None else "holds" if ratio <= row.share_max else "FAILS"
    return ""


def shown(value):
    """Three digits, as far as they say something."""
    if value is None:
        return "-"
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
