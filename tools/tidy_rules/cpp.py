"""How C++ is written here, as far as a script can tell; docs/style.md has the reasons."""

import re

from .layers import is_test

LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^()\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
    re.DOTALL)

# What only the runtime may do: everybody else gets time, chance and threads from its interfaces.
RUNTIME_ONLY = re.compile(
    r"\b(?:system_clock|steady_clock|high_resolution_clock)::now\b|\bstd::(?:random_device|this_thread|thread|jthread)\b"
    r"|(?<![\w.:>])(?:std)?(?:::)?(?:rand|srand|time|gettimeofday|clock_gettime|usleep|sleep)\s*\(")
THROW = re.compile(r"\bthrow\b")
SWITCH = re.compile(r"\bswitch\s*\(")
ENUM_CASE = re.compile(r"\bcase\s+[\w:]*\b[A-Za-z]\w*::[A-Z]\w*\s*:")
AWAIT = re.compile(r"(?<!operator )\bco_await\b")
# A lambda with captures that says it returns a coroutine.
CAPTURING_COROUTINE = re.compile(r"\[[^\[\]]+\]\s*\([^()]*\)\s*(?:mutable\s*)?->\s*(?:\w+::)*(?:Task|Async)\s*<")


def blank_comments_and_literals(content):
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        return '"' + re.sub(r"[^\n]", " ", found[1:-1]) + '"'
    return LITERAL.sub(blank, content)


def check(tree, _rules):
    for path, content in tree.cpp_files("src", "sim", "bench", "fuzz"):
        code = blank_comments_and_literals(content)
        if path.endswith(".h") and "#pragma once" not in code:
            yield path, 1, "a header has #pragma once"
        if path.startswith("src/"):
            for position, message in breaches_in(path, code):
                yield path, code.count("\n", 0, position) + 1, message


def breaches_in(path, code):
    """(position, message) of each breach in code of src/ whose comments and literals are blank."""
    if not is_test(path):
        for match in THROW.finditer(code):
            yield match.start(), "we throw nothing: return a Result (an adapter around a throwing library catches)"
        # The composition root and the command line stand outside what the simulator runs.
        if not path.startswith(("src/runtime/", "src/app/", "src/cli/")):
            for match in RUNTIME_ONLY.finditer(code):
                yield match.start(), f"'{match.group(0).strip('( ')}' belongs to runtime/: take it from its interfaces"
        for match in AWAIT.finditer(code):
            if not await_stands_alone(code, match.start()):
                yield match.start(), "co_await stands alone: a statement, after =, after co_return, or in CO_TRY"
        for match in CAPTURING_COROUTINE.finditer(code):
            if not re.search(r"\bon(?:_all)?\($", opening_call(code[:match.start()])):
                yield match.start(), "a lambda coroutine captures nothing, but as the work of on() and on_all(): they keep it"
    for position in enum_switches_with_default(code):
        yield position, "a switch over our enum has no default, so that the compiler finds the gaps"


def await_stands_alone(code, position):
    before = code[:position].rstrip()
    if not before or before[-1] in ";})":
        return True
    if before[-1] == "{":
        return not re.search(r"\w\{$", before)  # `T{co_await ...}` is an initializer, `) {` a block
    if before.endswith("static_cast<void>("):
        return await_stands_alone(before, len(before) - len("static_cast<void>("))
    if before[-1] == "=":
        return not re.search(r"[=!<>]=$", before)
    if before[-1] == ":":
        return bool(re.search(r"\b(?:case\b[^;{}?]*|default\s*):$", before))
    if re.search(r"\b(?:co_return|else|do)$", before):
        return True
    return bool(re.search(r"\b[A-Z][A-Z_]*\($", opening_call(before)))


def opening_call(before):
    """`before` up to and with the innermost parenthesis still open at its end."""
    depth = 0
    for index in range(len(before) - 1, -1, -1):
        if before[index] in ")}":
            depth += 1
        elif before[index] in "({":
            if depth == 0:
                return before[:index + 1]
            depth -= 1
        elif before[index] == ";" and depth == 0:
            break
    return ""


def enum_switches_with_default(code):
    for match in SWITCH.finditer(code):
        opening = code.find("{", match.end())
        depth, own = 0, []
        for index in range(opening, len(code)) if opening >= 0 else ():
            depth += {"{": 1, "}": -1}.get(code[index], 0)
            if depth == 0:
                break
            # Only labels of this switch count, not those of one inside it.
            own.append(code[index] if depth == 1 else " ")
        labels = "".join(own)
        if ENUM_CASE.search(labels) and re.search(r"\bdefault\s*:", labels):
            yield match.start()
