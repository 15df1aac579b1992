"""The fields of a message as constant tables, for the JSON form."""

from __future__ import annotations

from cpp_names import type_variable
from model import Api, Field, Message, Versions

KINDS = {"bool": "Boolean", "int8": "Int8", "int16": "Int16", "uint16": "Uint16", "int32": "Int32",
         "uint32": "Uint32", "int64": "Int64", "float64": "Float64", "uuid": "Uuid", "string": "Text",
         "bytes": "Bytes", "records": "Bytes"}


def render(message: Message, api: Api | None) -> list[str]:
    variable = type_variable(message)
    lines = ["namespace {", ""]
    for struct in message.structs_in_order():
        lines += _table(f"{variable}_{struct.name}", variable, struct.fields)
    lines += _table(f"{variable}_top", variable, message.fields)
    lines += ["}  // namespace", ""]
    key = message.record_type if message.record_type is not None else (api.key if api else -1)
    lines += [f"extern const MessageType {variable};",
              f"const MessageType {variable}{{", f'    .name = "{message.name}",',
              f"    .kind = MessageKind::{message.kind.capitalize()},", f"    .key = {key},",
              f"    .min_version = {message.versions.first},", f"    .max_version = {message.versions.last},",
              f"    .first_flexible_version = {message.first_flexible},", f"    .fields = {variable}_top,",
              f"    .transcode = &transcode<{message.name}>,", f"    .encode_default = &encode_default<{message.name}>}};",
              ""]
    return lines


def _table(name: str, variable: str, fields: list[Field]) -> list[str]:
    lines = [f"constexpr std::array<FieldType, {len(fields)}> {name}{{"]
    if fields:
        lines[0] += "{"
        lines += ["    " + _field(one, variable) + "," for one in fields]
        lines.append("}};")
    else:
        lines[0] += "};"
    return [*lines, ""]


def _field(one: Field, variable: str) -> str:
    default = "null" if one.default_is_null else (one.default or "")
    parts = [f'.name = "{one.json_name}"', f".kind = ValueKind::{KINDS.get(one.type, 'Struct')}",
             f".is_array = {'true' if one.is_array else 'false'}",
             f".is_inflexible = {'true' if one.inflexible else 'false'}",
             f".tag = {-1 if one.tag is None else one.tag}", f".versions = {_versions(one.versions)}"]
    parts.append(f".nullable = {_versions(one.nullable)}" if one.nullable else ".nullable = {1, 0}")
    text = default if default.startswith('"') else f'"{default}"'
    parts.append(f".default_value = {text}")
    parts.append(f".fields = {variable}_{one.type}" if one.struct else ".fields = {}")
    return "{" + ", ".join(parts) + "}"


def _versions(versions: Versions) -> str:
    return f"{{{versions.first}, {versions.last}}}"
