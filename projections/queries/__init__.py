"""What may be asked of the read models: as-of in, frozen values out.

Every function takes `tx` first, a connection in a transaction whose role need only read. `as_of`
is a batch's position in the desa's log; None is the present. Values of coded fields are codes;
labels are the catalogue's.
"""
