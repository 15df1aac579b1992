#!/usr/bin/env python3
"""Creates or deletes a topic, for clients that cannot: topic.py create|delete --bootstrap HOST:PORT --topic NAME."""

import argparse

import wire

if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("verb", choices=("create", "delete"))
    arguments.add_argument("--bootstrap", required=True)
    arguments.add_argument("--topic", required=True)
    arguments.add_argument("--partitions", type=int, default=3)
    options = arguments.parse_args()
    with wire.Connection(options.bootstrap) as connection:
        if options.verb == "create":
            error, message = wire.create_topic(connection, options.topic, options.partitions)
        else:
            error, message = wire.delete_topic(connection, options.topic), None
    if error:
        raise SystemExit(f"{options.verb} {options.topic}: error {error} {message or ''}")
