"""Tests of the schema language, and of schemas/ against Kafka's own schema files where ODRADEK_REFERENCE names them.

Run: python3 -m unittest discover -s tools/schemac/tests
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = TOOL.parent.parent / "schemas"
sys.path.insert(0, str(TOOL))

from model import ALL_VERSIONS, NO_END, Field, Message, Versions, least_size, snake_case  # noqa: E402
from parse import SchemaError, parse_file, parse_versions  # noqa: E402


def parse_text(text: str) -> list[Message]:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "one.schema"
        path.write_text(text, encoding="utf-8")
        return parse_file(path, pathlib.Path(folder)).messages


class Language(unittest.TestCase):
    def test_a_field_has_all_its_parts(self) -> None:
        text = ("record R type 5 value 0-3 flexible 2+ {\n"
                "  Name []Part?1+ 0-2 tag 7 = null ignorable {\n    Id int32 = -1\n  }\n}\n")
        message = parse_text(text)[0]
        one = message.fields[0]
        self.assertEqual((message.record_type, message.record_role, message.first_flexible), (5, "value", 2))
        self.assertEqual((one.name, one.type, one.is_array, one.tag), ("Name", "Part", True, 7))
        self.assertEqual((one.nullable, one.versions), (Versions(1, NO_END), Versions(0, 2)))
        self.assertTrue(one.ignorable and one.default_is_null)
        self.assertEqual([inner.name for inner in message.structs["Part"].fields], ["Id"])

    def test_comments_and_quoted_texts_are_words_of_their_own(self) -> None:
        message = parse_text('record R 0 flexible none {  # a comment\n  Name string = "a # b"\n}\n')[0]
        self.assertEqual(message.fields[0].default, '"a # b"')

    def test_mistakes_are_refused_with_their_line(self) -> None:
        for text in ("record R 0 flexible none {\n  A int32\n", "dance\n", "record R 0 flexible none {\n  A Nobody\n}\n",
                     "request 0 flexible none {}\n", "record R x flexible none {}\n",
                     "record R 0 flexible none {\n  A P {\n  }\n  B P {\n  }\n}\n"):
            with self.assertRaises(SchemaError):
                parse_text(text)

    def test_the_least_size_is_that_of_the_shortest_version(self) -> None:
        message = parse_text("record R 0-2 flexible 2+ {\n  A []P {\n    S string\n    N int64 1+\n  }\n}\n")[0]
        self.assertEqual(least_size(message, message.structs["P"]), 2)

    def test_names_become_snake_case(self) -> None:
        self.assertEqual([snake_case(name) for name in ("TopicId", "KRaftVersionRecord", "LastKnownELR", "ErrorCode")],
                         ["topic_id", "kraft_version_record", "last_known_elr", "error_code"])


REFERENCE = os.environ.get("ODRADEK_REFERENCE")


@unittest.skipUnless(REFERENCE, "ODRADEK_REFERENCE does not name a reference folder")
class AgainstKafka(unittest.TestCase):
    """Field by field; our ranges may reach below Kafka's first version, to those that Kafka 4.0 dropped."""

    def test_every_message_equals_kafkas(self) -> None:
        ours = {message.name: message for path in SCHEMAS.rglob("*.schema")
                for message in parse_file(path, SCHEMAS).messages}
        compared = 0
        for path in pathlib.Path(REFERENCE or "").glob("kafka-4.3.1-schemas/**/*.json"):
            kafka = json.loads(re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
            if kafka["validVersions"] == "none":
                continue
            with self.subTest(kafka["name"]):
                self.compare_message(ours[kafka["name"]], kafka)
            compared += 1
        self.assertEqual(compared, len(ours) - 5)  # five have no schema file: remote log and producer snapshot

    def compare_message(self, message: Message, kafka: dict) -> None:
        served = parse_versions(kafka["validVersions"])
        self.assertEqual(message.versions.last, served.last)
        self.assertLessEqual(message.versions.first, served.first)
        flexible = kafka.get("flexibleVersions", "none")
        self.assertEqual(message.flexible, None if flexible == "none" else parse_versions(flexible))
        commons = {common["name"]: common["fields"] for common in kafka.get("commonStructs", [])}
        self.compare_fields(message.fields, kafka["fields"], served, commons)

    def compare_fields(self, ours: list[Field], kafka: list[dict], served: Versions, commons: dict) -> None:
        ours = [one for one in ours if one.versions.last >= served.first]  # without those of dropped versions
        kafka = [field for field in kafka if versions_of(field).last >= served.first]
        self.assertEqual([one.name for one in ours], [field["name"] for field in kafka])
        for one, field in zip(ours, kafka):
            with self.subTest(one.name):
                self.compare_field(one, field, served, commons)

    def compare_field(self, one: Field, field: dict, served: Versions, commons: dict) -> None:
        self.assertEqual(("[]" if one.is_array else "") + one.type, field["type"])
        inner = within(versions_of(field), served)
        self.assertEqual(within(one.versions, inner), inner)
        nullable = field.get("nullableVersions", "none")
        theirs = None if nullable == "none" else within(parse_versions(nullable), inner)
        self.assertEqual(one.nullable and within(one.nullable, inner), theirs)
        self.assertEqual(one.tag, field.get("tag"))
        self.assertEqual(one.ignorable, field.get("ignorable", False))
        self.assertEqual(one.inflexible, field.get("flexibleVersions") == "none")
        self.assertEqual(plain(one.default), plain(field.get("default")))
        fields = field.get("fields") or commons.get(one.type)
        if one.struct is not None and fields is not None:
            self.compare_fields(one.struct.fields, fields, inner, commons)


def versions_of(field: dict) -> Versions:
    return parse_versions(field.get("versions") or field["taggedVersions"])


def within(versions: Versions, outer: Versions) -> Versions:
    return Versions(max(versions.first, outer.first), min(versions.last, outer.last))


def plain(default: object) -> str:
    """A default without the spellings of zero, false and empty."""
    text = str(default).strip('"').lower() if default is not None else ""
    return "" if text in ("0", "false") else text


assert ALL_VERSIONS.contains(0)

if __name__ == "__main__":
    unittest.main()
