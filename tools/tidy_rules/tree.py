"""The files that the rules look at."""


class Tree:
    """All files of the repository, {path: text}; paths are relative, with '/'."""

    def __init__(self, files):
        self.files = files

    def cpp_files(self, *tops):
        """(path, text) of the C++ files below these top folders."""
        for path, content in self.files.items():
            if path.endswith((".h", ".cc")) and path.split("/")[0] in tops:
                yield path, content

    def folders(self):
        """The folders of src/ that hold anything, by name."""
        return sorted({path.split("/")[1] for path in self.files if path.startswith("src/") and path.count("/") > 1})
