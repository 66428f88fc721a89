"""The export panel: what `%modelexport` shows alone. Its controls write a line, and the magic runs that line."""
