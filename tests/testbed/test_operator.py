# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime's metrics, told apart by kind. The lines are as ansible-operator 1.42.2 gives them."""

from __future__ import annotations

from testbed.operator import metrics_of

TEXT = """\
# TYPE controller_runtime_reconcile_total counter
controller_runtime_reconcile_total{controller="kafkaconnector-v1alpha1-controller",result="requeue_after"} 5
controller_runtime_reconcile_total{controller="kafkaconnector-v1alpha1-controller",result="success"} 2
controller_runtime_reconcile_total{controller="kafkaconnectcluster-v1alpha1-controller",result="success"} 1.1e+01
workqueue_depth{controller="kafkaconnector-v1alpha1-controller",name="kafkaconnector-v1alpha1-controller",priority=""} 0
workqueue_depth{controller="kafkaconnectcluster-v1alpha1-controller",name="kafkaconnectcluster-v1alpha1-controller",priority=""} 3
resource_created_at_seconds{group="external.saiello.github.io",kind="KafkaConnector",name="x",namespace="default",version="v1alpha1"} 1.7e+09
"""


def test_metrics_are_of_one_kind_or_of_all() -> None:
    assert metrics_of(TEXT, "KafkaConnector") == {"controller_runtime_reconcile_total": 7, "workqueue_depth": 0}
    assert metrics_of(TEXT, "KafkaConnectCluster") == {"controller_runtime_reconcile_total": 11, "workqueue_depth": 3}
    assert metrics_of(TEXT) == {"controller_runtime_reconcile_total": 18, "workqueue_depth": 3}
