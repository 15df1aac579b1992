"""confluent-kafka, on librdkafka: with idempotence, all codecs."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lib"))

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import scenario


class Confluent(scenario.Client):
    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})

    def create(self, topic):
        self.admin.create_topics([NewTopic(topic, scenario.PARTITIONS, 1)])[topic].result(20)

    def delete(self, topic):
        self.admin.delete_topics([topic])[topic].result(20)

    def topics(self):
        return set(self.admin.list_topics(timeout=20).topics)

    def write(self, topic, codec, records):
        failures = []
        producer = Producer({"bootstrap.servers": self.bootstrap, "enable.idempotence": True,
                             "compression.type": codec, "linger.ms": 20})

        def acknowledged(error, _):
            if error:
                failures.append(str(error))

        for record in records:
            producer.produce(topic, key=record.key, value=record.value, partition=record.partition,
                             headers=record.headers, timestamp=record.timestamp, on_delivery=acknowledged)
            producer.poll(0)
        left = producer.flush(30)
        if failures or left:
            raise scenario.Failed(f"{len(failures)} writes failed, {left} unanswered: {failures[:1]}")

    def _consumer(self):
        # librdkafka insists on a group name; with assign() the group is never joined.
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": "unused", "enable.auto.commit": False,
                         "enable.partition.eof": False, "fetch.wait.max.ms": scenario.LONG_POLL_MS})

    def read(self, topic, starts, count, wait):
        consumer = self._consumer()
        consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in starts.items()])
        records, deadline = [], time.monotonic() + wait
        while len(records) < count and time.monotonic() < deadline:
            for message in consumer.consume(count - len(records), 0.05):
                if message.error():
                    # No coordinator is no trouble for a reader without a group.
                    if message.error().code() == KafkaError.COORDINATOR_NOT_AVAILABLE:
                        continue
                    raise KafkaException(message.error())
                records.append(scenario.Record(message.partition(), message.offset(), message.key(), message.value(),
                                               message.headers() or [], message.timestamp()[1]))
        consumer.close()
        return records

    def offsets_at(self, topic, times):
        consumer = self._consumer()
        answers = consumer.offsets_for_times([TopicPartition(topic, p, t) for p, t in times.items()], timeout=20)
        consumer.close()
        return {answer.partition: answer.offset if answer.offset >= 0 else None for answer in answers}

    def bounds(self, topic, partition):
        consumer = self._consumer()
        bounds = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=20)
        consumer.close()
        return bounds


scenario.main(Confluent, ("none", "gzip", "snappy", "lz4", "zstd"))
