"""The web pages of the office's staff."""
