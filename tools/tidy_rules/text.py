"""Sizes, names, white space and words, in every file we write by hand."""

import re

LINES_AIM = 300
LINES_MAX = 500

CODE = (".h", ".cc", ".py", ".sh", ".cmake", ".java", ".go", ".js", ".mjs", ".ts")
PROSE = (".md", ".txt", ".yaml", ".yml", ".toml", ".properties", ".schema")
NAMED = ("dev", "run", "tidy", "schemac", "CMakeLists.txt", ".clang-format", ".clang-tidy", ".editorconfig", ".gitignore")

# Split, so that this file does not break its own rule.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
HOMELESS = {"util", "utils", "common", "manager", "impl", "misc", "helper", "helpers"}
NAMED_WELL = {"src", "sim", "bench", "fuzz", "tools"}
MENTIONED = re.compile(r"`((?:src|tools|docs|tests|schemas|cmake|sim|fuzz|bench)/[\w./-]+\.\w+)`")


def is_ours(path):
    """Whether the rules apply: not to data that others read byte for byte."""
    name = path.split("/")[-1]
    return path.endswith(CODE + PROSE) or name in NAMED


def is_code(path):
    return path.endswith(CODE) or path.split("/")[-1] in NAMED


def check(tree):
    for path, content in tree.files.items():
        yield from check_name(path)
        if is_code(path) and count_lines(content) > LINES_MAX:
            yield path, LINES_MAX + 1, f"{count_lines(content)} lines; no file has more than {LINES_MAX}"
        if content and not content.endswith("\n"):
            yield path, count_lines(content), "the last line does not end"
        for number, line in enumerate(content.split("\n"), 1):
            yield from ((path, number, message) for message in breaches_in_line(path, line))
        if path.endswith(".md") and not path.startswith("CHANGELOG"):
            yield from check_mentions(tree, path, content)


def breaches_in_line(path, line):
    if "\t" in line and not path.endswith(".go"):  # gofmt indents by tabs
        yield "a tab"
    if line.endswith((" ", "\r", "\t")):
        yield "white space at the end"
    found = UNFINISHED.search(line)
    if found:
        yield f"'{found.group(0)}': finish it, or open an issue"


def check_name(path):
    *folders, name = path.split("/")
    if not folders or folders[0] not in NAMED_WELL:
        return
    for part in [*folders, name.split(".")[0]]:
        if HOMELESS & set(part.lower().split("_")) or part == "types":
            yield path, 1, f"'{part}' says nothing; name it after what it does, in the folder that gives it meaning"


def check_mentions(tree, path, content):
    """A file that prose names must be there."""
    for match in MENTIONED.finditer(content):
        if match.group(1) not in tree.files and is_ours(match.group(1)):
            yield path, content.count("\n", 0, match.start()) + 1, f"there is no {match.group(1)}"


def long_files(tree):
    for path, content in tree.files.items():
        if is_code(path) and count_lines(content) > LINES_AIM:
            yield path, count_lines(content)


def count_lines(content):
    return content.count("\n")
