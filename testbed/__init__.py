# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real stack on one machine: etcd, kube-apiserver, Kafka, Kafka Connect and the operator, as plain processes."""
