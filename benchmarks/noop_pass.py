# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over so many connectors that need nothing, as a process of its own: python -m benchmarks.noop_pass URL COUNT."""

from __future__ import annotations

import json
import resource
import sys
import time

from ansible_collections.saiello.kafka_connect.plugins.module_utils._connect import Connect
from ansible_collections.saiello.kafka_connect.plugins.module_utils._http import Clock, RequestsTransport
from ansible_collections.saiello.kafka_connect.plugins.module_utils._model import Memory, Ownership, Reason, RunState, Wanted
from ansible_collections.saiello.kafka_connect.plugins.module_utils._playbook import NoJournal
from ansible_collections.saiello.kafka_connect.plugins.module_utils._usecase import run_pass

from benchmarks.fleet import names, whole_config


def main() -> None:
    """Print what it cost."""
    url, count = sys.argv[1], int(sys.argv[2])
    memory = Memory(ownership=Ownership.CREATED, observed=True, ready=True)
    wanted = [Wanted(name, name, whole_config(name), RunState.STOPPED, memory=memory) for name in names(count)]
    clock = Clock()
    before = time.process_time()
    result = run_pass(Connect(url, RequestsTransport(), clock), wanted, NoJournal(), clock)
    pass_cpu = time.process_time() - before
    assert [one.verdict.reason for one in result.outcomes] == [Reason.STOPPED] * count
    assert not any(one.writes for one in result.outcomes)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": time.process_time(), "pass_cpu": pass_cpu, "peak_mib": peak}))


if __name__ == "__main__":
    main()
