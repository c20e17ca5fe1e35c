# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m benchmarks [noop] [period] [event] [burst] [edit] [hang] [traces] [plan]: all of them unless some are named."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from benchmarks import burst, edit, event, hang, noop, period, plan, traces
from benchmarks.result import DEFAULT_TARGET, Row, conditions, save, table
from testbed import paths
from testbed.errors import TestbedError
from testbed.progress import say, step
from testbed.stack import Options, Stack

ROWS: dict[str, Callable[[Stack, argparse.Namespace], Iterator[Row]]] = {
    "noop": lambda stack, options: noop.measure(stack, options.connectors, options.repeat),
    "period": lambda stack, options: period.measure(stack, options.connectors, options.repeat),
    "event": lambda stack, options: event.measure(stack, options.repeat),
    "burst": lambda stack, options: burst.measure(stack, options.objects, options.repeat),
    "edit": lambda stack, options: edit.measure(stack, options.objects, options.repeat),
    "hang": lambda stack, options: hang.measure(stack, options.fleet, options.repeat),
    "traces": lambda stack, options: traces.measure(stack, options.fleet, options.repeat),
    "plan": lambda stack, options: plan.measure(stack, options.fleet, options.repeat),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the operator on a real stack of this machine.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"what to measure: {', '.join(ROWS)} (default: all)")
    parser.add_argument("--objects", type=int, default=300, help="objects of a burst, and among which one is edited (default: 300)")
    parser.add_argument(
        "--connectors", type=int, nargs="+", default=[100, 300, 1000], help="connectors of a no-op pass and of a period (default: 100 300 1000)"
    )
    parser.add_argument(
        "--fleet", type=int, default=500, help="connectors of which one hangs, which all have failed, or which are planned (default: 500)"
    )
    parser.add_argument("--repeat", type=int, default=3, help="repetitions that a median is of (default: 3)")
    parser.add_argument("--output", type=Path, default=DEFAULT_TARGET, help="JSON file (default: .build/bench.json)")
    return parser


def _interrupt(number: int, _frame: FrameType | None) -> None:
    """Leave by an exception, so that everything is stopped on the way out."""
    raise SystemExit(128 + number)


def main() -> int:
    """Measure, save and print."""
    parser = _parser()
    options = parser.parse_args()
    unknown = sorted(set(options.rows) - set(ROWS))
    if unknown:
        parser.error(f"no such row: {', '.join(unknown)}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    before = conditions()
    say(f"load average {before['load_average']} on {before['cpus']} processors")
    rows: list[Row] = []
    stack = Stack(paths.BUILD / "bench", Options(audit=True))
    try:
        with step("Start the stack"):
            stack.start()
        for name in options.rows or ROWS:
            rows.extend(ROWS[name](stack, options))
    except TestbedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        stack.stop()
        if rows:
            save(rows, options.output, before)
            print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
