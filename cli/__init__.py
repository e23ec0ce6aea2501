"""The command line: the office's commands, and a desa's `push`."""
