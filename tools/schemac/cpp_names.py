"""How types, names and defaults of the schema language look in C++."""

from __future__ import annotations

from model import Field, Message, snake_case

CPP_TYPES = {"bool": "bool", "int8": "int8_t", "int16": "int16_t", "uint16": "uint16_t", "int32": "int32_t",
             "uint32": "uint32_t", "int64": "int64_t", "float64": "double", "uuid": "Uuid", "string": "Text",
             "bytes": "Blob", "records": "Blob"}

INT64_MIN = -(2**63)


def element_type(one: Field) -> str:
    return CPP_TYPES.get(one.type, one.type)


def value_type(one: Field) -> str:
    """The type of the field without its std::optional."""
    return f"std::vector<{element_type(one)}>" if one.is_array else element_type(one)


def field_type(one: Field) -> str:
    return f"std::optional<{value_type(one)}>" if one.nullable else value_type(one)


def is_number(one: Field) -> bool:
    return not one.is_array and one.struct is None and one.type not in ("string", "bytes", "records", "uuid", "bool")


def default_literal(one: Field) -> str:
    """The default of a number, boolean or text as an expression."""
    if one.type == "bool":
        return one.default or "false"
    if one.type == "string":
        return one.default or '""'
    if one.type == "float64":
        return one.default or "0.0"
    value = int(one.default or "0", 0)
    if value == INT64_MIN:
        return "INT64_MIN"
    if not -(2**31) <= value < 2**31:
        return f"INT64_C({value})"
    return one.default or "0"


def initializer(one: Field) -> str:
    """What follows the name of the member in its declaration."""
    if one.nullable:
        if one.default_is_null:
            return ""
        if one.type == "string" and not one.is_array and one.default:
            return f" = Text({default_literal(one)})"
        return "{std::in_place}"
    if is_number(one) or (one.type == "bool" and not one.is_array):
        return f" = {default_literal(one)}"
    if one.type == "string" and not one.is_array and one.default:
        return f" = {default_literal(one)}"
    return ""


def differs_from_default(one: Field, member: str) -> str:
    """An expression: the member is not at its default."""
    if one.nullable:
        if one.default_is_null:
            return f"{member}.has_value()"
        return f"(!{member} || {value_differs(one, '*' + member, member + '->')})"
    return value_differs(one, member, member + ".")


def value_differs(one: Field, value: str, access: str) -> str:
    if one.is_array or one.type in ("bytes", "records"):
        return f"!{access}empty()"
    if one.struct is not None:
        return f"!{access}is_default()"
    if one.type == "uuid":
        return f"!{access}is_zero()"
    if one.type == "string":
        return f"{value} != {default_literal(one)}" if one.default else f"!{access}empty()"
    if one.type == "bool":
        return f"!{value}" if one.default == "true" else value
    return f"{value} != {default_literal(one)}"


def type_variable(message: Message) -> str:
    return f"{snake_case(message.name)}_type"


def parts_namespace(message: Message) -> str:
    """Where the structs of a message are; the message names them as its own types."""
    return f"{snake_case(message.name)}_parts"
