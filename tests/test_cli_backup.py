"""`harvester db backup`, `db restore` and `db check` as an operator types them."""

from test_cli import Command, harvested, harvester  # noqa: F401
