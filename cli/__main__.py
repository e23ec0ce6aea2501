"""`python -m cli`, the same as `opendk-ledger`."""

from cli.main import main

main()
