"""Runs the command line by `python -m upheld`."""

from upheld.cli.main import main

main()
