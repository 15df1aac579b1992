"""Floods: thousands of connections that announce much, send little or read slowly; and the limits of connections.

Meanwhile a client of its own process goes on: what it waits for each answer is the measure.
"""

import multiprocessing
import resource
import select
import socket
import struct
import time

import wire
from kafka_client import connect, fetch, produce_body, produced
from process import Process

CROWD = 10_000
BUDGET = 128 << 20  # queued.max.request.bytes
ANNOUNCED = 100_000_000
MEGABYTE = 1 << 20
# Of the waits of the client that goes on; the machine may be busy, and its test shares the cores with the flood.
MEDIAN_MAX, WORST_MAX = 0.05, 1.5


class Crowd:
    """Many sockets at once."""

    def __init__(self, port, count, source=None):
        self.sockets = []
        for _ in range(count):
            one = socket.socket()
            if source:
                one.bind((source, 0))
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            self.sockets.append(one)
            if len(self.sockets) % 40 == 0:
                self._until_connected(self.sockets[-40:])  # the backlog is short

    @staticmethod
    def _until_connected(some):
        poll = select.poll()
        for one in some:
            poll.register(one.fileno(), select.POLLOUT)
        deadline = time.monotonic() + 0.5
        while len(poll.poll(0)) < len(some) and time.monotonic() < deadline:
            time.sleep(0.002)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()

    def send(self, data, count=None):
        """To each of the first `count`; those that are gone or full are passed over. How many took all of it."""
        took = 0
        for one in self.sockets[:count]:
            try:
                took += one.send(data) == len(data)
            except OSError:
                pass
        return took

    def push(self, data, count, patience=10.0):
        """The same, but waits until each of them has taken it."""
        left = {one: 0 for one in self.sockets[:count]}
        deadline = time.monotonic() + patience
        while left and time.monotonic() < deadline:
            for one in list(left):
                try:
                    left[one] += one.send(data[left[one] :])
                except BlockingIOError:
                    continue
                except OSError:
                    left[one] = len(data)
                if left[one] >= len(data):
                    del left[one]
            time.sleep(0.01)
        return count - len(left)

    def readable(self):
        """Sockets with an answer, or an end, to be read."""
        poll = select.poll()
        by_fd = {one.fileno(): one for one in self.sockets}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        return [by_fd[fd] for fd, _ in poll.poll(0)]

    def answered(self):
        return sum(1 for one in self.readable() if _peek(one))

    def ended(self):
        return sum(1 for one in self.readable() if not _peek(one))


def _peek(one):
    try:
        return one.recv(1, socket.MSG_PEEK) != b""
    except OSError:
        return False


class Probe:
    """A client in a process of its own that produces and fetches small records without a pause."""

    def __init__(self, bootstrap, topic):
        self.ours, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=_probe, args=(bootstrap, topic, theirs),
                                                                   daemon=True)
        self.process.start()

    def waits(self):
        """Seconds waited for each answer since the last call, ascending."""
        self.ours.send("waits")
        if not self.ours.poll(30):
            raise AssertionError("the client that goes on is stuck")
        waits = self.ours.recv()
        if isinstance(waits, str):
            raise AssertionError(f"the client that goes on: {waits}")
        return sorted(waits)

    def complaints(self, during, median_max=MEDIAN_MAX):
        waits = self.waits()
        median, worst = waits[len(waits) // 2], waits[-1]
        self.told = f"{during}: {median * 1000:.1f} ms, worst {worst * 1000:.0f} ms"
        if median > median_max or worst > WORST_MAX:
            return [f"others wait too long, {self.told}, of {len(waits)} answers"]
        return []


def _probe(bootstrap, topic, pipe):
    waits = []
    batch = wire.record_batch([wire.record(0, b"k", b"v" * 100)])
    try:
        with connect(bootstrap, lambda: False) as connection:
            while True:
                for ask in (lambda: produced(connection.call(wire.PRODUCE, 3, produce_body(topic, {0: batch}))),
                            lambda: fetch(connection, topic, {0: 0}, 0, 4096)):
                    began = time.monotonic()
                    answer = ask()[0]
                    waits.append(time.monotonic() - began)
                    if answer[0] != 0:
                        raise AssertionError(f"it is answered {answer[0]}")
                if pipe.poll():
                    pipe.recv()
                    pipe.send(waits)
                    waits = []
                time.sleep(0.002)
    except Exception as trouble:
        pipe.recv()
        pipe.send(f"{type(trouble).__name__}: {trouble}")


def frame_head(size):
    return struct.pack(">i", size)


def api_versions():
    header = wire.Writer().int16(wire.API_VERSIONS).int16(0).int32(1).string("crowd").bytes
    return frame_head(len(header)) + bytes(header)


def _start(binary, root, port, settings, shards=2, files=None):
    # The backlog of 50 that is the default would make thousands that come at once try again and again.
    broker = Process(binary, root, port, ["socket.listen.backlog.size=2000", *settings], files=files)
    broker.start(shards)
    with connect(broker.bootstrap, lambda: not broker.is_running()) as connection:
        error, message = wire.create_topic(connection, "limits", 1)
        if error not in (0, 36):
            raise AssertionError(f"CreateTopics answers {error}: {message}")
    return broker


def run(binary, root, port, say, only=""):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    crowd = min(CROWD, hard - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    complaints, told = [], []
    for scenario in (announcing, stalling, reading_slowly, asking_much, asking_of_many, staying_idle, too_many,
                     out_of_descriptors):
        if only not in scenario.__name__:
            continue
        below = root / scenario.__name__
        below.mkdir()
        began = time.monotonic()
        found, what = scenario(binary, below, port, crowd)
        complaints += [f"{scenario.__name__.replace('_', ' ')}: {text}" for text in found]
        say(f"  {scenario.__name__.replace('_', ' ')}: {time.monotonic() - began:.1f} s, {what}")
        told.append(scenario.__name__)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return complaints, f"{len(told)} floods, {crowd} connections"


def announcing(binary, root, port, crowd):
    """10,000 announce 100 MB each, and then send a byte a second."""
    broker = _start(binary, root, port, [f"queued.max.request.bytes={BUDGET}"])
    probe = Probe(broker.bootstrap, "limits")
    base = broker.resident_bytes()
    with Crowd(port, crowd) as many:
        many.send(frame_head(ANNOUNCED) + b"\0\0\0\7")
        largest, told = 0, []
        complaints = probe.complaints("while they come")
        told.append(probe.told)
        for _ in range(5):
            second = time.monotonic() + 1
            many.send(b"\0")
            largest = max(largest, broker.resident_bytes() - base)
            time.sleep(max(0, second - time.monotonic()))
        complaints += probe.complaints("at a byte a second")
        told.append(probe.told)
    # A read buffer, a socket and a coroutine each, whatever was announced.
    allowed = BUDGET + crowd * 24 * 1024
    if largest > allowed:
        complaints.append(f"it grew by {largest >> 20} MiB; {allowed >> 20} are allowed")
    complaints += _ends_well(broker)
    return complaints, f"{largest >> 20} MiB; {'; '.join(told)}"


def stalling(binary, root, port, _):
    """Hundreds send a megabyte of a hundred and stall: more than there is memory for. Who has something to say gets in."""
    broker = _start(binary, root, port, [f"queued.max.request.bytes={BUDGET}"])
    probe = Probe(broker.bootstrap, "limits")
    base = broker.resident_bytes()
    with Crowd(port, 150) as many:
        many.send(frame_head(ANNOUNCED))
        many.push(b"\0" * MEGABYTE, 150, 2)
        time.sleep(0.5)
        began = time.monotonic()
        with wire.Connection(broker.bootstrap, 40) as connection:
            batch = wire.record_batch([wire.record(0, b"k", b"v" * 900_000)])
            answer = produced(connection.call(wire.PRODUCE, 3, produce_body("limits", {0: batch})))[0]
        took = time.monotonic() - began
        complaints = probe.complaints("meanwhile")
        grown = broker.resident_bytes() - base
    if answer[0] != 0:
        complaints.append(f"a request of 0.9 MB is answered {answer[0]}")
    if took > 25:
        complaints.append(f"a request of 0.9 MB took {took:.1f} s")
    if grown > BUDGET * 2:
        complaints.append(f"it grew by {grown >> 20} MiB")
    complaints += _ends_well(broker)
    return complaints, f"{grown >> 20} MiB; a request of 0.9 MB took {took:.1f} s; {probe.told}"


def reading_slowly(binary, root, port, _):
    """Hundreds fetch 30 MB each and read nothing of it."""
    broker = _start(binary, root, port, [f"queued.max.request.bytes={BUDGET}"])
    batch = wire.record_batch([wire.record(0, b"k", b"v" * 900_000)])
    with wire.Connection(broker.bootstrap) as connection:
        for _ in range(30):
            assert produced(connection.call(wire.PRODUCE, 3, produce_body("limits", {0: batch})))[0][0] == 0
    probe = Probe(broker.bootstrap, "limits")
    base = broker.resident_bytes()
    body = (wire.Writer().int32(-1).int32(500).int32(1).int32(50 * MEGABYTE).int8(0)
            .array(["limits"], lambda w, name: w.string(name)
                   .array([0], lambda v, p: v.int32(p).int64(0).int32(50 * MEGABYTE))))
    request = wire.Writer().int16(wire.FETCH).int16(4).int32(1).string("crowd").bytes + body.bytes
    with Crowd(port, 400) as many:
        many.send(frame_head(len(request)) + bytes(request))
        time.sleep(3)
        answered = many.answered()
        grown = broker.resident_bytes() - base
        complaints = probe.complaints("meanwhile")
    if answered < 400:
        complaints.append(f"only {answered} of 400 are answered at all")
    if grown > BUDGET:
        complaints.append(f"it grew by {grown >> 20} MiB")
    complaints += _ends_well(broker)
    return complaints, f"{grown >> 20} MiB; {probe.told}"


def asking_much(binary, root, port, _):
    """Some ask for all metadata, again and again, and read none of it."""
    broker = _start(binary, root, port, [f"queued.max.request.bytes={BUDGET}"])
    with wire.Connection(broker.bootstrap, 60) as connection:
        for i in range(20):
            error, message = wire.create_topic(connection, f"{i:04}-" + "n" * 200, 50)
            assert error == 0, (error, message)
        size = len(connection.call(wire.METADATA, 4, wire.Writer().int32(-1).int8(0)).data)
    probe = Probe(broker.bootstrap, "limits")
    base = broker.resident_bytes()
    request = wire.Writer().int16(wire.METADATA).int16(4).int32(1).string("crowd").int32(-1).int8(0).bytes
    with Crowd(port, 20) as many:
        for _ in range(60):
            many.send(frame_head(len(request)) + bytes(request))
        time.sleep(2)
        grown = broker.resident_bytes() - base
        complaints = probe.complaints("meanwhile", 1.0)  # the answers take their time to make
    if grown > BUDGET * 2:
        complaints.append(f"it grew by {grown >> 20} MiB")
    complaints += _ends_well(broker)
    return complaints, f"answers of {size >> 10} KiB; {grown >> 20} MiB; {probe.told}"


def asking_of_many(binary, root, port, _):
    """Some fetch 80,000 partitions each, all at once; one asks of more than anybody has."""
    broker = _start(binary, root, port, [f"queued.max.request.bytes={BUDGET}"])
    probe = Probe(broker.bootstrap, "limits")
    base = broker.resident_bytes()
    largest = 0

    def fetch_of(count):
        head = wire.Writer().int16(wire.FETCH).int16(4).int32(1).string("crowd").bytes
        limits = wire.Writer().int32(-1).int32(0).int32(0).int32(MEGABYTE).int8(0).int32(1).string("limits").bytes
        partitions = b"".join(struct.pack(">iqi", index, 0, MEGABYTE) for index in range(count))
        request = bytes(head) + bytes(limits) + struct.pack(">i", count) + partitions
        return frame_head(len(request)) + request

    with Crowd(port, 30) as many:
        many.push(fetch_of(80_000), 30, 60)
        deadline = time.monotonic() + 60
        while many.answered() + many.ended() < 30 and time.monotonic() < deadline:
            largest = max(largest, broker.resident_bytes() - base)
            time.sleep(0.05)
        answered = many.answered()
    with Crowd(port, 1) as one:
        one.push(fetch_of(600_000), 1)
        deadline = time.monotonic() + 20
        while not one.ended() and time.monotonic() < deadline:
            time.sleep(0.05)
        complaints = [] if one.ended() else ["who asks of 600,000 partitions is not sent away"]
    complaints += probe.complaints("meanwhile", 1.0)  # the answers take their time to make
    if answered < 30:
        complaints.append(f"only {answered} of 30 are answered")
    if largest > 4 * BUDGET:
        complaints.append(f"it grew by {largest >> 20} MiB")
    complaints += _ends_well(broker)
    return complaints, f"{largest >> 20} MiB; {probe.told}"


def staying_idle(binary, root, port, crowd):
    """5,000 say nothing: they are sent away when it is time, and the one who talks is not."""
    broker = _start(binary, root, port, ["connections.max.idle.ms=3000"])
    probe = Probe(broker.bootstrap, "limits")
    complaints = []
    with Crowd(port, crowd // 2) as many:
        last = time.monotonic()
        while many.ended() < len(many.sockets) and time.monotonic() < last + 12:
            time.sleep(0.2)
        took, ended = time.monotonic() - last, many.ended()
        if ended < len(many.sockets):
            complaints.append(f"{len(many.sockets) - ended} of {len(many.sockets)} are still connected after {took:.0f} s")
        complaints += probe.complaints("meanwhile")
    complaints += _ends_well(broker)
    return complaints, f"{ended} were sent away, the last {took:.1f} s after it came; {probe.told}"


def too_many(binary, root, port, _):
    """max.connections and its relatives."""
    broker = _start(binary, root, port, ["max.connections=50", "max.connections.per.ip=40",
                                         "max.connections.per.ip.overrides=127.0.0.3:3"])
    complaints = []
    time.sleep(0.3)  # until the connection that made the topic is no longer counted

    def expect(what, got, wanted):
        if got != wanted:
            complaints.append(f"{what}: {got}, and not {wanted}")

    with Crowd(port, 45) as first:
        expect("answered of 45 from one address that may have 40", _answers(first), 40)
        expect("sent away of these", first.ended(), 5)
        with Crowd(port, 5, "127.0.0.3") as few:
            expect("answered of 5 from an address that may have 3", _answers(few), 3)
            with Crowd(port, 20, "127.0.0.2") as others:
                expect("answered of 20 more, to 50 in all", _answers(others), 7)
                expect("sent away of these", others.ended(), 0)
                for one in first.sockets[:10]:
                    one.close()
                del first.sockets[:10]
                time.sleep(0.3)
                expect("answered when 10 have left", others.answered(), 17)
    time.sleep(0.3)
    with wire.Connection(broker.bootstrap) as connection:
        error = _alter_broker(connection, {"max.connections.per.ip": "2"})
        expect("altering max.connections.per.ip", error, 0)
        with Crowd(port, 3) as more:
            expect("answered of 3 when 2 may come, with one there", _answers(more), 1)
    complaints += _ends_well(broker)
    (root / "listener").mkdir()
    listener = _start(binary, root / "listener", port, ["listener.name.plaintext.max.connections=4"])
    time.sleep(0.3)
    with Crowd(port, 9) as some:
        expect("answered of 9 on a listener for 4", _answers(some), 4)
    complaints += _ends_well(listener)
    return complaints, "as Kafka's"


def _answers(many):
    many.send(api_versions())
    deadline = time.monotonic() + 3
    last, since = -1, 0.0
    while time.monotonic() < deadline and time.monotonic() - since < 0.7 or last < 0:
        now = many.answered()
        if now != last:
            last, since = now, time.monotonic()
        time.sleep(0.02)
    return last


def _alter_broker(connection, values):
    body = (wire.Writer().array([4], lambda w, kind: w.int8(kind).string("")
                                .array(list(values.items()), lambda v, one: v.string(one[0]).int8(0).string(one[1])))
            .int8(0))
    reply = connection.call(wire.INCREMENTAL_ALTER_CONFIGS, 0, body)
    reply.int32()
    return reply.array(lambda r: (r.int16(), r.string(), r.int8(), r.string()))[0][0]


def out_of_descriptors(binary, root, port, _):
    """More connections than descriptors: those who are in are served, and when some leave others come in."""
    broker = _start(binary, root, port, [], files=400)
    probe = Probe(broker.bootstrap, "limits")
    with Crowd(port, 600) as many:
        served = _answers(many)
        ticks = broker.cpu_seconds()
        time.sleep(1)
        spent = broker.cpu_seconds() - ticks
        complaints = probe.complaints("meanwhile")
        for one in many.sockets[:200]:
            one.close()
        del many.sockets[:200]
        deadline = time.monotonic() + 5
        while many.answered() < min(len(many.sockets), served) and time.monotonic() < deadline:
            many.send(api_versions())
            time.sleep(0.3)
        after = many.answered()
    if not 100 < served < 400:
        complaints.append(f"{served} of 600 connections were served with 400 descriptors")
    if after < min(served, 400):
        complaints.append(f"{after} were served when 200 had left, {served} before")
    if spent > 0.6:
        complaints.append(f"it used {spent:.1f} s of a second while it could not accept")
    complaints += _ends_well(broker)
    return complaints, f"{served} served, then {after}; {probe.told}"


def _ends_well(broker):
    status = broker.stop()
    return [] if status == 0 else [f"the broker ended with status {status}\n{broker.log_tail()}"]
