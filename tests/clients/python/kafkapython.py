"""kafka-python, newest and 1.4.7.

Version 1.4.7 is told to speak as a 0.10 client: message format v1, no headers, no idempotence, no zstd.
"""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "lib"))

import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

import scenario

IS_OLD = kafka.__version__.startswith("1.")
SPEAKS = {"api_version": (0, 10)} if IS_OLD else {}
CODECS = ("none", "gzip", "snappy", "lz4") if IS_OLD else ("none", "gzip", "snappy", "lz4", "zstd")


class KafkaPython(scenario.Client):
    can_look_up_times = not IS_OLD  # a 0.10.0 client has ListOffsets v0 alone

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self.common = dict(bootstrap_servers=bootstrap, **SPEAKS)

    def as_written(self, record):
        return record._replace(headers=[]) if IS_OLD else record

    def create(self, topic):
        admin = self._admin()
        admin.create_topics([NewTopic(topic, scenario.PARTITIONS, 1)])
        admin.close()

    def delete(self, topic):
        admin = self._admin()
        admin.delete_topics([topic])
        admin.close()

    def _admin(self):
        # The admin client of 1.4.7 needs a broker newer than the 0.10 that it was told of: let it ask.
        return KafkaAdminClient(bootstrap_servers=self.bootstrap)

    def topics(self):
        consumer = self._consumer()
        topics = consumer.topics()
        consumer.close()
        return topics

    def write(self, topic, codec, records):
        idempotence = {} if IS_OLD else {"enable_idempotence": True}
        producer = KafkaProducer(**self.common, compression_type=None if codec == "none" else codec,
                                 acks="all", linger_ms=20, **idempotence)
        futures = []
        for record in records:
            headers = {} if IS_OLD else {"headers": record.headers}
            futures.append(producer.send(topic, key=record.key, value=record.value, partition=record.partition,
                                         timestamp_ms=record.timestamp, **headers))
        producer.flush(30)
        for record, future in zip(records, futures):
            if future.get(10).offset != record.offset:
                raise scenario.Failed(f"{record} was acknowledged at offset {future.get().offset}")
        producer.close()

    def _consumer(self):
        return KafkaConsumer(**self.common, group_id=None, enable_auto_commit=False, auto_offset_reset="none",
                             fetch_max_wait_ms=scenario.LONG_POLL_MS, max_poll_records=5000)

    def read(self, topic, starts, count, wait):
        consumer = self._consumer()
        consumer.assign([TopicPartition(topic, partition) for partition in starts])
        for partition, offset in starts.items():
            consumer.seek(TopicPartition(topic, partition), offset)
        records, deadline = [], time.monotonic() + wait
        while len(records) < count and time.monotonic() < deadline:
            for partition, messages in consumer.poll(int(wait * 1000)).items():
                records.extend(scenario.Record(partition.partition, m.offset, m.key, m.value,
                                               list(m.headers or []), m.timestamp) for m in messages)
        consumer.close()
        return records

    def offsets_at(self, topic, times):
        consumer = self._consumer()
        answers = consumer.offsets_for_times({TopicPartition(topic, p): t for p, t in times.items()})
        consumer.close()
        return {key.partition: answer.offset if answer else None for key, answer in answers.items()}

    def bounds(self, topic, partition):
        consumer = self._consumer()
        key = TopicPartition(topic, partition)
        bounds = consumer.beginning_offsets([key])[key], consumer.end_offsets([key])[key]
        consumer.close()
        return bounds


scenario.main(KafkaPython, CODECS)
