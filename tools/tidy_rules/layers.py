"""Who may include whom: tools/layers.txt against every #include and every CMake edge."""

import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
FOLDER_CALL = re.compile(r"odradek_folder\(([^)]*)\)")
KEYWORDS = {"NAME", "DEPS", "LIBS", "SOURCES", "TEST_LIBS"}


class Rules:
    """layers.txt, parsed; its own head describes the format."""

    def __init__(self):
        self.layer = {}     # folder -> number
        self.forbid = {}    # folder -> folders it must not include although they are lower
        self.only = {}      # folder, or path in it -> folders that alone may include it
        self.headers = []   # (prefix of a system header, paths below which it may be included)

    @classmethod
    def parse(cls, content):
        rules = cls()
        for number, line in enumerate(content.splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            kind, _, rest = line.partition(" ")
            subject, _, others = rest.partition(":")
            if kind == "layer":
                layer, *folders = rest.split()
                rules.layer.update((folder, int(layer)) for folder in folders)
            elif kind == "forbid":
                rules.forbid.setdefault(subject.strip(), set()).update(others.split())
            elif kind == "only":
                rules.only[subject.strip()] = set(others.split())
            elif kind == "header":
                rules.headers.append((subject.strip(), tuple(others.split())))
            else:
                raise ValueError(f"layers.txt:{number}: '{kind}' is no kind of rule")
        for folder in [*rules.forbid, *(name.split("/")[0] for name in rules.only)]:
            if folder not in rules.layer:
                raise ValueError(f"layers.txt: '{folder}' is in no layer")
        return rules

    def why_not(self, user, used):
        """Why folder `user` may not include folder `used`; None when it may."""
        if user == used:
            return None
        if used not in self.layer:
            return f"'{used}' is no folder of src/ (or has no layer in tools/layers.txt)"
        if self.layer[used] >= self.layer[user]:
            return (f"{user} (layer {self.layer[user]}) must not include {used} (layer {self.layer[used]}): "
                    "only lower layers")
        if used in self.forbid.get(user, ()):
            return f"{user} must not include {used}, although it is lower"
        if used in self.only and user not in self.only[used]:
            return f"{used} may be included by {', '.join(sorted(self.only[used]))} only"
        return None


def check_includes(tree, rules):
    for path, content in tree.cpp_files("src", "sim", "bench", "fuzz", "tests"):
        for match in INCLUDE.finditer(content):
            line = content.count("\n", 0, match.start()) + 1
            ours, theirs = match.groups()
            if path.startswith("src/"):
                message = why_not_ours(path, ours, rules) if ours else why_not_theirs(path, theirs, rules)
                if message:
                    yield path, line, message


def why_not_ours(path, header, rules):
    user = path.split("/")[1]
    used, *inner = header.split("/")
    if user not in rules.layer:
        return f"src/{user} has no layer in tools/layers.txt"
    if not inner:
        return f'"{header}": include by the path from src/, as "{user}/{header}"'
    message = rules.why_not(user, used)
    if message:
        return message
    if user != used and "detail" in inner:
        return f'"{header}" is a detail of {used}'
    for place, users in rules.only.items():
        # Tests build a world for their subject, so they may take the real or the simulated runtime.
        if "/" in place and header.startswith(place + "/") and user not in {used, *users} and not is_test(path):
            return f"{place} may be included by {', '.join(sorted(users))} and by tests only"
    return None


def why_not_theirs(path, header, rules):
    for prefix, places in rules.headers:
        if (header == prefix or header.startswith((prefix + "/", prefix + "."))) and not path.startswith(
                tuple(place + "/" for place in places)):
            return f"<{header}> may be included below {', '.join(places)} only"
    return None


def is_test(path):
    return path.endswith(("_test.cc", "_fixture.h", "_fixture.cc"))


def check_cmake(tree, rules):
    """Every folder of src/ is a library of its name that links along allowed edges, and has a short README."""
    for folder in tree.folders():
        cmake = f"src/{folder}/CMakeLists.txt"
        readme = f"src/{folder}/README.md"
        if readme not in tree.files:
            yield readme, 1, "every folder of src/ has a README.md"
        elif tree.files[readme].count("\n") > 40:
            yield readme, 41, "a folder's README.md has at most 40 lines"
        if cmake not in tree.files:
            yield cmake, 1, "every folder of src/ has a CMakeLists.txt with odradek_folder()"
            continue
        content = re.sub(r"#.*", "", tree.files[cmake])
        call = FOLDER_CALL.search(content)
        if not call:
            yield cmake, 1, "no odradek_folder() in it"
            continue
        line = content.count("\n", 0, call.start()) + 1
        arguments = group_arguments(call.group(1))
        if arguments.get("NAME") != [folder]:
            yield cmake, line, f"odradek_folder(NAME {folder}) expected"
        if folder not in rules.layer:
            yield cmake, line, f"src/{folder} has no layer in tools/layers.txt"
            continue
        for used in arguments.get("DEPS", []):
            message = rules.why_not(folder, used)
            if message:
                yield cmake, line, f"DEPS {used}: {message}"


def group_arguments(call):
    """{"NAME": [...], "DEPS": [...], ...} of a CMake call's inside."""
    grouped, key = {}, None
    for word in call.split():
        if word in KEYWORDS:
            key = word
            grouped.setdefault(key, [])
        elif key:
            grouped[key].append(word)
    return grouped
