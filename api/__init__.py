"""HTTP: /v1 for programs, pages for people."""
