"""Reads schema files. The language is described in schemas/README.md."""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Iterator

from model import (ALL_VERSIONS, NO_END, PRIMITIVES, Api, ErrorCode, Field, Message, SchemaFile, Struct, Versions)


class SchemaError(Exception):
    """A schema file that does not follow the language."""


def parse_versions(text: str) -> Versions:
    match = re.fullmatch(r"(\d+)(\+|-(\d+))?", text)
    if match is None:
        raise SchemaError(f"not a range of versions: {text!r}")
    first = int(match[1])
    if match[2] is None:
        return Versions(first, first)
    return Versions(first, NO_END if match[2] == "+" else int(match[3]))


def parse_file(path: pathlib.Path, root: pathlib.Path) -> SchemaFile:
    lines = _Lines(path)
    schema = SchemaFile(path=path.relative_to(root).as_posix())
    try:
        for words in lines:
            _parse_top(words, lines, schema)
    except (SchemaError, ValueError, IndexError) as error:
        raise SchemaError(f"{path}:{lines.number}: {error}") from error
    return schema


class _Lines:
    """The lines of a file as words, without comments and empty lines."""

    def __init__(self, path: pathlib.Path) -> None:
        self.number = 0
        self._lines = path.read_text(encoding="utf-8").splitlines()

    def __iter__(self) -> Iterator[list[str]]:
        while self.number < len(self._lines):
            self.number += 1
            # A word is a quoted text or anything without spaces; a comment runs to the end of the line.
            words = re.findall(r'"(?:[^"\\]|\\.)*"|#.*|\S+', self._lines[self.number - 1])
            words = [word for word in words if not word.startswith("#")]
            if words:
                yield words


def _parse_top(words: list[str], lines: _Lines, schema: SchemaFile) -> None:
    if words[0] == "api":
        schema.api = Api(int(words[1]), words[2], kafka=Versions(0, 0), advertised=Versions(0, 0))
    elif words[0] == "kafka":
        assert_api(schema).kafka = parse_versions(words[1])
        assert_api(schema).advertised = parse_versions(words[3] if words[2:3] == ["advertised"] else words[1])
    elif words[0] == "listeners":
        api = assert_api(schema)
        api.forwardable = "forwardable" in words
        api.cluster_action = "cluster-action" in words
        api.listeners = [word for word in words[1:] if word in ("broker", "controller")]
    elif words[0] == "error":
        schema.errors.append(ErrorCode(int(words[1]), words[2], words[3] == "retriable", json.loads(words[-1])))
    elif words[0] in ("request", "response", "header", "record"):
        schema.messages.append(_parse_message(words, lines, schema))
    else:
        raise SchemaError(f"unknown word {words[0]!r}")


def assert_api(schema: SchemaFile) -> Api:
    if schema.api is None:
        raise SchemaError("this needs an 'api' line before it")
    return schema.api


def _parse_message(words: list[str], lines: _Lines, schema: SchemaFile) -> Message:
    kind, rest = words[0], words[1:]
    if kind in ("request", "response"):
        name = assert_api(schema).name + kind.capitalize()
    else:
        name = rest.pop(0)
    message = Message(kind, name, ALL_VERSIONS, None)
    if rest[0] == "type":
        message.record_type = int(rest[1])
        rest = rest[2:]
    if rest[0] in ("key", "value"):
        message.record_role = rest.pop(0)
    message.versions = parse_versions(rest[0])
    if rest[1] != "flexible":
        raise SchemaError("expected 'flexible' and its versions")
    message.flexible = None if rest[2] == "none" else parse_versions(rest[2])
    if rest[3] == "{":
        message.fields = _parse_fields(lines, message)
        _bind_structs(message)
    elif rest[3] != "{}":
        raise SchemaError("expected '{' or '{}'")
    return message


def _parse_fields(lines: _Lines, message: Message) -> list[Field]:
    fields: list[Field] = []
    for words in lines:
        if words == ["}"]:
            return fields
        if words[0] == "struct":
            message.structs[words[1]] = Struct(words[1], _parse_fields(lines, message))
            continue
        fields.append(_parse_field(words, lines, message))
    raise SchemaError("the file ends inside '{'")


def _parse_field(words: list[str], lines: _Lines, message: Message) -> Field:
    type_match = re.fullmatch(r"(\[\])?(\w+)(\?(.*))?", words[1])
    if type_match is None:
        raise SchemaError(f"not a type: {words[1]!r}")
    one = Field(words[0], type_match[2], is_array=type_match[1] is not None)
    if type_match[3] is not None:
        one.nullable = parse_versions(type_match[4]) if type_match[4] else ALL_VERSIONS
    rest = words[2:]
    while rest:
        word = rest.pop(0)
        if word == "tag":
            one.tag = int(rest.pop(0))
        elif word == "=":
            one.default = rest.pop(0)
        elif word == "ignorable":
            one.ignorable = True
        elif word == "inflexible":
            one.inflexible = True
        elif word == "{":
            if one.type in message.structs:
                raise SchemaError(f"struct {one.type} is declared twice")
            message.structs[one.type] = Struct(one.type)
            message.structs[one.type].fields = _parse_fields(lines, message)
        else:
            one.versions = parse_versions(word)
    return one


def _bind_structs(message: Message) -> None:
    def bind(fields: list[Field]) -> None:
        for one in fields:
            if one.type not in PRIMITIVES:
                if one.type not in message.structs:
                    raise SchemaError(f"{message.name}: no struct {one.type}")
                one.struct = message.structs[one.type]

    bind(message.fields)
    for struct in message.structs.values():
        bind(struct.fields)
