"""Bundles: logs as a file that an auditor takes home (PROTOCOL section 12).

`export` writes them, from the store. Everything else reads them, without a server and without a
database: `verify` says what is wrong and where, `reading` what the logs say of records.
"""
