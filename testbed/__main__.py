# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The testbed for a person at work: python -m testbed up | status | down | demo | build."""

from __future__ import annotations

import argparse
import signal
import sys
from types import FrameType

from testbed import build, paths
from testbed.demo import demo, usage, write_sample
from testbed.errors import TestbedError
from testbed.process import Processes
from testbed.progress import step
from testbed.stack import Options, Stack


def _up(workers: int) -> None:
    stack = Stack(paths.STACK, Options(workers=workers))
    with step("Start etcd, kube-apiserver, Kafka, Kafka Connect and the operator", "about 10 seconds once everything is built"):
        stack.start()
    write_sample(stack)
    print(usage(paths.STACK))


def _status() -> int:
    processes = list(Processes.load(paths.STACK))
    for process in processes:
        print(f"{process.name:16}{process.pid:>8}  {'running' if process.running else 'ended':8}  {process.log}")
    if not processes:
        print("No stack is up.")
    return 0 if processes and all(process.running for process in processes) else 1


def _down() -> None:
    with step("Stop everything"):
        Processes.load(paths.STACK).stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m testbed", description="The real stack on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start a stack and leave it running")
    up.add_argument("--workers", type=int, default=1, help="number of Connect workers (default: 1)")
    commands.add_parser("status", help="tell what runs; the exit status is 0 when all does")
    commands.add_parser("down", help="stop the stack")
    commands.add_parser("demo", help="show what the operator does; KEEP=1 leaves the stack up")
    commands.add_parser("build", help="build and download everything, start nothing")
    return parser


def leave_by_exception() -> None:
    """Make every signal that ends a program do so by an exception, so that everything is stopped on the way out.

    Ctrl-C's is among them: a shell has a command that it starts in the background ignore it.
    """

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def main() -> int:
    """Run one command."""
    arguments = _parser().parse_args()
    leave_by_exception()
    try:
        match arguments.command:
            case "up":
                _up(arguments.workers)
            case "status":
                return _status()
            case "down":
                _down()
            case "demo":
                demo()
            case "build":
                build.build()
    except TestbedError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
