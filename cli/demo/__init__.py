"""The demonstration: a kecamatan of invented villages.

    >>> from cli.demo.village import kecamatan

`village` makes them and their pushes; `names` says what they are called. Nothing here reads a
clock, a database or a network; pushing is the command's part.
"""
