"""`python -m harvester.cli`: the same as the command `harvester`."""

from harvester.cli.app import main

main()
