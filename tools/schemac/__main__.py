"""Generates the C++ of the Kafka protocol: python3 tools/schemac SCHEMAS OUT.

Writes OUT/protocol/{messages,records}/<name>.{h,cc} per schema file, and the catalogues over all of them. A file whose
contents stay the same is not touched, so nothing that includes it is compiled again.
"""

from __future__ import annotations

import pathlib
import sys

import cpp_catalogues
import cpp_header
import cpp_source
from model import SchemaFile
from parse import SchemaError, parse_file


def output_name(schema: SchemaFile) -> str:
    """The path of the generated pair without suffix, below OUT: the folders inside records/ are only for people."""
    path = pathlib.PurePosixPath(schema.path)
    return f"protocol/{path.parts[0]}/{path.stem}"


def write(path: pathlib.Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def generate(root: pathlib.Path, out: pathlib.Path) -> None:
    schemas = [parse_file(path, root) for path in sorted(root.rglob("*.schema"))]
    errors = [error for schema in schemas for error in schema.errors]
    for schema in schemas:
        if schema.messages:
            name = output_name(schema)
            write(out / f"{name}.h", cpp_header.render(schema))
            write(out / f"{name}.cc", cpp_source.render(schema, f"{name}.h"))
    protocol = out / "protocol"
    write(protocol / "api_keys.h", cpp_catalogues.api_keys_header(schemas))
    write(protocol / "api_table.cc", cpp_catalogues.api_table_source(schemas))
    write(protocol / "message_types.cc", cpp_catalogues.message_types_source(schemas))
    write(protocol / "error_code.h", cpp_catalogues.error_code_header(errors))
    write(protocol / "error_code.cc", cpp_catalogues.error_code_source(errors))


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        generate(pathlib.Path(arguments[1]), pathlib.Path(arguments[2]))
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
