"""Offsets, epochs, topic ids and sessions that do not exist."""

import requests as ask
from checks import (FETCH_SESSION_NOT_FOUND, NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_LEADER_EPOCH, UNKNOWN_TOPIC,
                    UNKNOWN_TOPIC_ID, batch_of, check, expect)


def topic_from_2_to_6(broker, name):
    topic = broker.topic(name)
    with broker.connect() as connection:
        expect(ask.produce(connection, topic, batch_of(count=6))[:2], (NONE, 0))
        expect(ask.delete_records(connection, topic, 2), (NONE, 2))
    return topic


@check
def offsets_out_of_range_are_refused(broker):
    topic = topic_from_2_to_6(broker, "range")
    with broker.connect() as connection:
        expect(ask.fetch(connection, topic, 1)[1], OFFSET_OUT_OF_RANGE, "below the start")
        expect(ask.fetch(connection, topic, 7)[1], OFFSET_OUT_OF_RANGE, "above the end")
        expect(ask.fetch(connection, topic, -1)[1], OFFSET_OUT_OF_RANGE, "negative")
        expect(ask.fetch(connection, topic, 6)[1:], (NONE, b""), "at the end")
        expect(bool(ask.fetch(connection, topic, 3)[2]), True, "records inside")


@check
def deleting_records_out_of_range_is_refused(broker):
    topic = topic_from_2_to_6(broker, "delete-records")
    with broker.connect() as connection:
        expect(ask.delete_records(connection, topic, 7)[0], OFFSET_OUT_OF_RANGE, "above the end")
        expect(ask.delete_records(connection, topic, -2)[0], OFFSET_OUT_OF_RANGE, "negative")
        expect(ask.delete_records(connection, topic, 1), (NONE, 2), "below the start")
        expect(ask.delete_records(connection, topic, -1), (NONE, 6), "up to the end")
        expect(ask.delete_records(connection, topic, 0, partition=3)[0], UNKNOWN_TOPIC)


@check
def wrong_leader_epochs_are_refused(broker):
    topic = topic_from_2_to_6(broker, "epochs")
    with broker.connect() as connection:
        expect(ask.fetch(connection, topic, 3, leader_epoch=99)[1], UNKNOWN_LEADER_EPOCH, "Fetch")
        expect(ask.list_offset(connection, topic, ask.LATEST, leader_epoch=99)[0], UNKNOWN_LEADER_EPOCH, "ListOffsets")
        expect(ask.end_for_epoch(connection, topic, 0, current_epoch=99)[0], UNKNOWN_LEADER_EPOCH, "epoch lookup")
        expect(ask.end_for_epoch(connection, topic, 0), (NONE, 0, 6), "end of epoch 0")
        expect(ask.end_for_epoch(connection, topic, 99), (NONE, -1, -1), "end of an epoch to come")


@check
def unknown_topics_are_refused(broker):
    name = f"{broker.prefix}-none"
    topic = broker.topic("partitions")
    with broker.connect() as connection:
        expect(ask.fetch(connection, name, 0)[1], UNKNOWN_TOPIC, "Fetch")
        expect(ask.fetch(connection, topic, 0, partition=9)[1], UNKNOWN_TOPIC, "Fetch of a partition")
        expect(ask.list_offset(connection, name, ask.LATEST)[0], UNKNOWN_TOPIC, "ListOffsets")
        expect(ask.end_for_epoch(connection, name, 0)[0], UNKNOWN_TOPIC, "epoch lookup")
        expect(ask.delete_records(connection, name, 0)[0], UNKNOWN_TOPIC, "DeleteRecords")


@check
def unknown_topic_id_is_refused(broker):
    with broker.connect() as connection:
        expect(ask.fetch_by_id(connection, bytes(range(16))), (NONE, UNKNOWN_TOPIC_ID))


@check
def unknown_fetch_session_is_refused(broker):
    topic = broker.topic("session")
    with broker.connect() as connection:
        expect(ask.fetch(connection, topic, 0, session=(123456789, 5))[0], FETCH_SESSION_NOT_FOUND)
