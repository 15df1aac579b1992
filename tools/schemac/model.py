"""What a schema file says, as values: APIs, messages, structs, fields."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NO_END = 32767  # the last version of an open range such as "3+"

FIXED_SIZES = {"bool": 1, "int8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4,
               "int64": 8, "float64": 8, "uuid": 16}
PRIMITIVES = {*FIXED_SIZES, "string", "bytes", "records"}


@dataclass(frozen=True)
class Versions:
    """An inclusive range of versions."""
    first: int
    last: int

    def contains(self, version: int) -> bool:
        return self.first <= version <= self.last

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{self.first}+" if self.last == NO_END else f"{self.first}-{self.last}"


ALL_VERSIONS = Versions(0, NO_END)


@dataclass
class Struct:
    name: str
    fields: list[Field] = field(default_factory=list)


@dataclass
class Field:
    name: str                        # Kafka's, in PascalCase
    type: str                        # a primitive, or the name of a struct
    is_array: bool = False
    versions: Versions = ALL_VERSIONS
    nullable: Versions | None = None
    tag: int | None = None
    inflexible: bool = False         # keeps the old form of its length in flexible versions
    default: str | None = None       # as written; None: zero, false, or empty
    ignorable: bool = False
    struct: Struct | None = None     # of a struct, or of an array of structs

    @property
    def json_name(self) -> str:
        return self.name[0].lower() + self.name[1:]

    @property
    def cpp_name(self) -> str:
        return snake_case(self.name)

    @property
    def default_is_null(self) -> bool:
        # Records have no empty default in Kafka: they are null until set.
        return self.nullable is not None and (self.default == "null" or self.type == "records")


@dataclass
class Message:
    kind: str                        # request, response, header or record
    name: str
    versions: Versions
    flexible: Versions | None
    fields: list[Field] = field(default_factory=list)
    structs: dict[str, Struct] = field(default_factory=dict)
    record_type: int | None = None
    record_role: str = ""            # key, value, or nothing

    @property
    def first_flexible(self) -> int:
        return self.flexible.first if self.flexible else NO_END

    def is_flexible(self, version: int) -> bool:
        return version >= self.first_flexible

    def structs_in_order(self) -> list[Struct]:
        """Every struct of the message, each after those it contains."""
        ordered: list[Struct] = []

        def visit(fields: list[Field]) -> None:
            for one in fields:
                if one.struct is not None and one.struct not in ordered:
                    visit(one.struct.fields)
                    ordered.append(one.struct)

        visit(self.fields)
        return ordered


@dataclass
class Api:
    key: int
    name: str
    kafka: Versions                  # what Kafka 4.3.1 serves
    advertised: Versions             # what Kafka 4.3.1 says it serves
    listeners: list[str] = field(default_factory=list)
    forwardable: bool = False
    cluster_action: bool = False


@dataclass
class ErrorCode:
    code: int
    name: str
    retriable: bool
    message: str


@dataclass
class SchemaFile:
    path: str                        # below schemas/
    api: Api | None = None
    messages: list[Message] = field(default_factory=list)
    errors: list[ErrorCode] = field(default_factory=list)


def snake_case(name: str) -> str:
    name = name.replace("KRaft", "Kraft")
    return re.sub(r"(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])", r"_\g<0>", name).lower()


def least_size(message: Message, struct: Struct) -> int:
    """The fewest bytes that a value of `struct` takes on the wire in any version of the message."""
    last = message.versions.last
    return min(least_size_at(message, struct.fields, version) for version in range(message.versions.first, last + 1))


def least_size_at(message: Message, fields: list[Field], version: int) -> int:
    flexible = message.is_flexible(version)
    size = 1 if flexible else 0
    for one in fields:
        if one.tag is not None or not one.versions.contains(version):
            continue
        compact = flexible and not one.inflexible
        if one.is_array:
            size += 1 if compact else 4
        elif one.struct is not None:
            size += 1 if one.nullable else least_size_at(message, one.struct.fields, version)
        elif one.type == "string":
            size += 1 if compact else 2
        elif one.type in ("bytes", "records"):
            size += 1 if compact else 4
        else:
            size += FIXED_SIZES[one.type]
    return size
