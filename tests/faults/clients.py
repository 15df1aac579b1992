"""The clients that load a broker while it is killed: idempotent producers, readers, and one who makes topics."""

import random
import time
from collections import deque

import wire
from history import value_of
from kafka_client import (DUPLICATE_SEQUENCE_NUMBER, NONE, OFFSET_OUT_OF_RANGE, RETRIABLE, Client, Gone, fetch,
                          init_producer_id, produce_body, produced)

IN_FLIGHT_MAX = 5  # of one partition, as in Kafka's producer: the broker remembers five batches


class Batch:
    def __init__(self, producer, epoch, name, partition, number, count):
        self.partition, self.number, self.count = partition, number, count
        now = time.time_ns() // 1_000_000
        records = [wire.record(i, b"k%d" % name, value_of(name, partition, number + i)) for i in range(count)]
        self.bytes = wire.record_batch(records, timestamp=now, producer_id=producer, producer_epoch=epoch,
                                       sequence=number)


class Producer(Client):
    """Writes to every partition and sends what was not acknowledged again, the same bytes in the same order."""

    def __init__(self, number, bootstrap, history, topic, partitions, pace=0.0, sent_kept=0):
        super().__init__(f"producer {number}", bootstrap, history)
        self.number, self.topic, self.partitions, self.pace = number, topic, partitions, pace
        self.random = random.Random(number)
        self.identity = None
        self.waiting = {p: deque() for p in range(partitions)}  # batches without an answer, oldest first
        self.sent = {p: deque(maxlen=sent_kept) for p in range(partitions)}
        for p in range(partitions):
            history.next_number[number, p] = 0

    def converse(self, connection):
        if self.identity is None:
            self.identity = init_producer_id(connection)
        in_flight = deque()  # (correlation, [batches of one request])
        for again in range(IN_FLIGHT_MAX):
            batches = [self.waiting[p][again] for p in self.waiting if again < len(self.waiting[p])]
            if batches:
                in_flight.append((self._send(connection, batches), batches))
        while True:
            while len(in_flight) < IN_FLIGHT_MAX and not self.is_ending.is_set():
                batches = self._next_batches()
                in_flight.append((self._send(connection, batches), batches))
            if not in_flight:
                return
            correlation, batches = in_flight.popleft()
            self._take(connection.receive(correlation), batches)
            if self.pace:
                time.sleep(self.pace)

    def _next_batches(self):
        batches = []
        for partition in self.random.sample(range(self.partitions), self.random.randint(1, 2)):
            count = self.random.choice((1, 1, 2, 5))
            number = self.history.next_number[self.number, partition]
            self.history.next_number[self.number, partition] = number + count
            batch = Batch(*self.identity, self.number, partition, number, count)
            self.waiting[partition].append(batch)
            self.sent[partition].append(batch)
            batches.append(batch)
        return batches

    def _send(self, connection, batches):
        return connection.send(wire.PRODUCE, 3, produce_body(self.topic, {b.partition: b.bytes for b in batches}))

    def _take(self, reply, batches):
        answers = produced(reply)
        for batch in batches:
            error, offset = answers[batch.partition]
            if error in RETRIABLE:
                raise Gone
            if error == DUPLICATE_SEQUENCE_NUMBER:
                self.history.duplicates += 1
            elif error == NONE:
                self.history.was_acked(self.number, batch.partition, batch.number, batch.count, offset)
            else:
                raise AssertionError(f"Produce of {batch.count} records from {batch.number} on to partition "
                                     f"{batch.partition} answers {error}")
            oldest = self.waiting[batch.partition].popleft()
            assert oldest is batch, "answers come in order"


class Reader(Client):
    """Reads on and on; after each break it also reads a stretch again."""

    def __init__(self, number, bootstrap, history, topic, partitions):
        super().__init__(f"reader {number}", bootstrap, history)
        self.topic = topic
        self.random = random.Random(1000 + number)
        self.position = dict.fromkeys(range(partitions), 0)

    def converse(self, connection):
        again = {p: self.random.randint(max(0, at - 2000), at) for p, at in self.position.items()}
        self._read(connection, again, 0)
        while not self.is_ending.is_set():
            for partition, offset in self._read(connection, self.position, 50).items():
                self.position[partition] = offset

    def _read(self, connection, positions, wait_ms):
        moved = {}
        for partition, (error, _, records) in fetch(connection, self.topic, positions, wait_ms, 256 << 10).items():
            if error in RETRIABLE:
                raise Gone
            if error == OFFSET_OUT_OF_RANGE:
                raise AssertionError(f"offset {positions[partition]} of partition {partition} was read up to, and is "
                                     "out of range now")
            if error:
                raise AssertionError(f"Fetch of partition {partition} at {positions[partition]} answers {error}")
            expected = positions[partition]
            for offset, value in records:
                if offset != expected:
                    raise AssertionError(f"partition {partition}: offset {offset} where {expected} was asked for")
                self.history.was_read(partition, offset, value)
                expected += 1
            moved[partition] = expected
        return moved


class Administrator(Client):
    """Creates topics and deletes them; what was acknowledged must hold after every death."""

    def __init__(self, bootstrap, history):
        super().__init__("administrator", bootstrap, history)
        self.random = random.Random(77)
        self.made, self.gone = {}, deque(maxlen=20)  # name -> partitions, each acknowledged
        self.log = []  # (time, "made" or "gone", name, partitions)
        self.begun = {}  # name -> time when its deletion was first asked for
        self.count = 0

    def converse(self, connection):
        self._check(connection)
        while not self.is_ending.is_set():
            if len(self.made) < 8:
                name, partitions = f"churn-{self.count}", self.random.randint(1, 3)
                self.count += 1
                error, message = wire.create_topic(connection, name, partitions)
                if error == NONE:
                    self.made[name] = partitions
                    self.log.append((time.monotonic_ns(), "made", name, partitions))
                elif error not in RETRIABLE:
                    raise AssertionError(f"CreateTopics answers {error}: {message}")
            else:
                name = self.random.choice(list(self.made))
                partitions = self.made.pop(name)
                self.begun[name] = time.monotonic_ns()
                error = wire.delete_topic(connection, name)
                if error == NONE:
                    self.gone.append(name)
                    self.log.append((time.monotonic_ns(), "gone", name, partitions))
                elif error not in RETRIABLE:
                    raise AssertionError(f"DeleteTopics of {name} answers {error}")
            time.sleep(0.01)

    def _check(self, connection):
        if not self.made and not self.gone:
            return
        found = wire.metadata(connection, [*self.made, *self.gone])
        for name, partitions in self.made.items():
            error, of_partitions = found[name]
            if error or len(of_partitions) != partitions:
                raise AssertionError(f"topic {name} was created with {partitions} partitions; now Metadata answers error "
                                     f"{error}, {len(of_partitions)} partitions")
        for name in self.gone:
            if found[name][0] == NONE:
                raise AssertionError(f"topic {name} was deleted and is there again")
