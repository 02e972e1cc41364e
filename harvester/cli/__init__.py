"""The command line: wires settings to storage to a verb. One module per group of verbs.

Each verb imports what it needs when it runs, so that `harvester --help` costs next to nothing.
"""

from harvester.cli.app import app, main

__all__ = ["app", "main"]
