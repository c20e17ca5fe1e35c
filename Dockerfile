# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later

ARG BASE_IMAGE=quay.io/operator-framework/ansible-operator:v1.42.2
FROM ${BASE_IMAGE}

# Beside the runtime's home, so that what runs cannot change it.
USER root
COPY dist/saiello-kafka_connect-*.tar.gz /tmp/collection.tar.gz
RUN ANSIBLE_HOME=/tmp/ansible ansible-galaxy collection install --offline --no-deps \
      --collections-path /usr/share/ansible/collections /tmp/collection.tar.gz \
    && rm -rf /tmp/collection.tar.gz /tmp/ansible
USER 1001

COPY watches.yaml ${HOME}/watches.yaml
