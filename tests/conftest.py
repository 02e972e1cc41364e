"""What holds for every test."""

pytest_plugins = ["fault_table"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its argument: a compressed body holds the time it was made in."""
    return argname if isinstance(val, bytes) else None
