"""The rules of tools/tidy. Each check takes the Tree and yields (path, line, message)."""
