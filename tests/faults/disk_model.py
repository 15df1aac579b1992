"""A file tree as a disk may hold it after a power cut, from what recorder/ wrote down.

What a completed sync covers is there. Of everything else any part may be: each page of a file as it was after any of the
writes to it, the file's size after any of them, and of names created, renamed and removed any subset that keeps the
order per name. That is more than ext4 and xfs do to you, and what POSIX allows.
"""

import os
import struct

CREATE, WRITE, RESIZE, RENAME, REMOVE, MAKE_DIRECTORY, SYNC_BEGIN, SYNC_END, STARTED, UNSUPPORTED = range(1, 11)
CALLS = ("", "fdatasync", "fsync", "syncfs")
_HEAD = struct.Struct("<IIQQQQIIII")


class Entry:
    __slots__ = ("effect", "time", "inode", "start", "number", "call", "path", "other", "data")


def read_recording(path):
    with open(path, "rb") as file:
        data = file.read()
    entries, at = [], 0
    while at + _HEAD.size <= len(data):
        entry = Entry()
        (size, entry.effect, entry.time, entry.inode, entry.start, entry.number, call, path_size, other_size,
         bytes_size) = _HEAD.unpack_from(data, at)
        entry.call = CALLS[call]
        text = at + _HEAD.size
        entry.path = data[text : text + path_size].decode()
        entry.other = data[text + path_size : text + path_size + other_size].decode()
        entry.data = data[text + path_size + other_size : text + path_size + other_size + bytes_size]
        at += 4 + size
        entries.append(entry)
    return entries


class Node:
    """A file or a directory. `pending`: (index, effect, start, data) of writes and resizes no sync has covered."""

    __slots__ = ("is_directory", "durable", "pending", "names", "on_disk")

    def __init__(self, is_directory):
        self.is_directory = is_directory
        self.durable = bytearray()
        self.pending = []
        self.names = {}  # as the process sees them
        self.on_disk = {}  # as the disk certainly has them


class Disk:
    """Takes entries in order; crash() says at any point what may be left."""

    def __init__(self, root, ignored_calls=()):
        self.root = root
        self.ignored = set(ignored_calls)  # syncs that are taken to do nothing
        self.top = Node(True)  # the root itself, and all above it, are there from the beginning
        self.by_inode = {os.stat(root).st_ino: self.top}
        self.pending_names = []  # (index, [(directory, name, node or None), ...]): one rename is one step
        self.begun = {}  # sync number -> (index, call, node or None)
        self.index = 0

    def take(self, entry):
        index = self.index
        self.index += 1
        effect = entry.effect
        if effect == WRITE:
            self.by_inode[entry.inode].pending.append((index, WRITE, entry.start, entry.data))
        elif effect == RESIZE:
            self.by_inode[entry.inode].pending.append((index, RESIZE, entry.start, b""))
        elif effect in (CREATE, MAKE_DIRECTORY):
            node = Node(effect == MAKE_DIRECTORY)
            self._change(index, [(*self._place(entry.path), node)])
            self.by_inode[entry.inode] = node
        elif effect == RENAME:
            directory, name = self._place(entry.path)
            node = directory.names[name]
            self._change(index, [(directory, name, None), (*self._place(entry.other), node)])
        elif effect == REMOVE:
            self._change(index, [(*self._place(entry.path), None)])
        elif effect == SYNC_BEGIN:
            self.begun[entry.number] = (index, entry.call, self.by_inode.get(entry.inode))
        elif effect == SYNC_END:
            self._synced(*self.begun.pop(entry.number))
        elif effect == STARTED:
            self.begun = {}
        else:
            raise AssertionError(f"the recorder cannot follow {entry.path}")

    def _place(self, path):
        parts = os.path.relpath(path, self.root).split("/")
        directory = self.top
        for part in parts[:-1]:
            directory = directory.names[part]
        return directory, parts[-1]

    def _change(self, index, steps):
        for directory, name, node in steps:
            _set(directory.names, name, node)
        self.pending_names.append((index, steps))

    def _synced(self, before, call, node):
        if call in self.ignored:
            return
        if call == "syncfs":
            for every in set(self._all_nodes()):
                _settle(every, before)
            covered = lambda index, steps: index < before
        elif node is None:
            return
        elif node.is_directory:
            covered = lambda index, steps: index < before and any(step[0] is node for step in steps)
        else:
            _settle(node, before)
            return
        left = []
        for index, steps in self.pending_names:
            if covered(index, steps):
                for directory, name, child in steps:
                    _set(directory.on_disk, name, child)
            else:
                left.append((index, steps))
        self.pending_names = left

    def _all_nodes(self):
        yield from self.by_inode.values()

    def crash(self, target, chance):
        """Makes `target` what the disk may hold now; with chance None, what the process sees."""
        kept = {}  # directory -> names
        names = lambda directory: kept.setdefault(directory, dict(directory.on_disk))
        manner = "all" if chance is None else chance.choice(("all", "none", "prefix", "any", "any"))
        if manner == "prefix":
            cut = chance.randint(0, len(self.pending_names))
        stuck = set()
        for number, (_, steps) in enumerate(self.pending_names):
            if manner == "none" or (manner == "prefix" and number >= cut):
                continue
            places = {(id(directory), name) for directory, name, _ in steps}
            if manner == "any" and (places & stuck or chance.random() < 0.3):
                stuck |= places
                continue
            for directory, name, node in steps:
                _set(names(directory), name, node)
        self._write(self.top, target, lambda directory: kept.get(directory, directory.on_disk), chance)

    def _write(self, directory, path, names, chance):
        os.makedirs(path, exist_ok=True)
        for name, node in names(directory).items():
            below = os.path.join(path, name)
            if node.is_directory:
                self._write(node, below, names, chance)
            else:
                with open(below, "wb") as file:
                    file.write(_contents(node, chance))


def _set(names, name, node):
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


def _settle(node, before):
    """What was written before entry `before` is durable; later writes stay pending."""
    done = [one for one in node.pending if one[0] < before]
    for one in done:
        _apply(node.durable, one)
    del node.pending[: len(done)]


def _apply(data, one):
    _, effect, start, written = one
    if effect == RESIZE:
        del data[start:]
        data.extend(bytes(start - len(data)))
    else:
        data.extend(bytes(max(0, start - len(data))))
        data[start : start + len(written)] = written


def _contents(node, chance):
    if not node.pending:
        return node.durable
    manner = "all" if chance is None else chance.choice(("all", "none", "prefix", "pages", "pages"))
    if manner == "none":
        return node.durable
    if manner in ("all", "prefix"):
        data = bytearray(node.durable)
        for one in node.pending[: None if manner == "all" else chance.randint(0, len(node.pending))]:
            _apply(data, one)
        return data
    # Every page by itself: the file as it was after each write, one of those for each page, and for the size.
    page = chance.choice((512, 4096, 4096))
    states = [bytes(node.durable)]
    data = bytearray(node.durable)
    for number, one in enumerate(node.pending):
        _apply(data, one)
        if number >= len(node.pending) - 16:  # of many writes the last ones: each state is a copy of the file
            states.append(bytes(data))
    size = len(chance.choice(states))
    found = bytearray(size)
    for start in range(0, size, page):
        piece = chance.choice(states)[start : min(start + page, size)]
        found[start : start + len(piece)] = piece
    return found
