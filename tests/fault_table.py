"""The table of faults: which test proves which row, and whether it held. `make faults` asks for it."""

import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

ROWS = tomllib.loads(Path(__file__).with_name("faults.toml").read_text("utf-8"))["rows"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", action="store_true", help="run only the tests that prove a fault, and print the table")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    numbers = {row[0] for row in ROWS}
    chosen = []
    for item in items:
        proves = sorted({number for mark in item.iter_markers("fault") for number in mark.args})
        assert numbers.issuperset(proves), f"{item.nodeid}: no such row in faults.toml"
        item.user_properties.extend(("fault", number) for number in proves)
        chosen += [item] if proves else []
    if config.getoption("--faults"):
        items[:] = chosen


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not terminalreporter.config.getoption("--faults"):
        return
    terminalreporter.section("faults")
    for line in table(_results(terminalreporter)):
        terminalreporter.write_line(line)


def _results(terminalreporter: Any) -> dict[int, dict[str, list[str]]]:
    """By row and by test (cases of one test count together): how it ended each time."""
    found: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, number in getattr(report, "user_properties", ()):
                if name == "fault":
                    found[number][report.nodeid.partition("[")[0]].append(outcome)
    return found


def table(results: dict[int, dict[str, list[str]]]) -> list[str]:
    """One line per row, with the tests that prove it below; a row without any is missing."""
    lines = []
    for number, priority, fault, must in ROWS:
        tests = results.get(number, {})
        outcomes = [outcome for each in tests.values() for outcome in each]
        lines.append(f"{number:>4}  P{priority}  {_judged(outcomes):<7}  {fault}: {must}")
        lines += [f"{'':>19}  {name.removeprefix('tests/')} ({len(each)})" for name, each in sorted(tests.items())]
    held = sum(_judged([o for e in results.get(row[0], {}).values() for o in e]) == "held" for row in ROWS)
    return [*lines, "", f"{held} of {len(ROWS)} rows held"]


def _judged(outcomes: list[str]) -> str:
    if not outcomes:
        return "MISSING"
    if "failed" in outcomes or "error" in outcomes:
        return "FAILED"
    return "held" if "passed" in outcomes else "skipped"
