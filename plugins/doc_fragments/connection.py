# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options in ``_argspec.connection_options``."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests >= 2.28
options:
  url:
    description:
      - The REST API of Kafka Connect, such as V(https://connect.example.com:8083); a path before its own paths is part of it.
      - Without a port it is the one of the scheme. Credentials, a query or a fragment are refused.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_URL) is used.
    type: str
    required: true
  url_username:
    description:
      - Name for HTTP Basic authentication. It is sent with every request, and redirects are never followed.
      - Mutually exclusive with O(token).
      - If not set, the value of the environment variable E(KAFKA_CONNECT_URL_USERNAME) is used.
    type: str
  url_password:
    description:
      - Password for O(url_username).
      - If not set, the value of the environment variable E(KAFKA_CONNECT_URL_PASSWORD) is used.
    type: str
  token:
    description:
      - Bearer token. It is sent with every request, and redirects are never followed.
      - Mutually exclusive with O(url_username).
      - If not set, the value of the environment variable E(KAFKA_CONNECT_TOKEN) is used.
    type: str
  client_cert:
    description:
      - Path of a PEM file with the certificate chain for TLS client authentication; it may hold the key as well.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_CLIENT_CERT) is used.
    type: path
  client_key:
    description:
      - Path of a PEM file with the key of O(client_cert), not encrypted.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_CLIENT_KEY) is used.
    type: path
  ca_path:
    description:
      - Path of a PEM file with the certificates that are trusted, instead of those that the library C(requests) brings along.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_CA_PATH) is used.
    type: path
  validate_certs:
    description:
      - Whether the certificate of Kafka Connect must be trusted and be made for its host. Only set this to V(false) for a test.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_VALIDATE_CERTS) is used.
    type: bool
    default: true
  headers:
    description:
      - Headers that are sent with every request. C(Host), C(Transfer-Encoding) and those that begin with C(Content-) are refused.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_HEADERS) is used, a JSON object.
    type: dict
  timeout:
    description:
      - Seconds after which a reading request is given up. A write may take longer, for Kafka Connect validates by running code of the plugin.
      - Whatever it says, a module ends within a minute. Only M(saiello.kafka_connect.connectors) goes on, in parts of 45 seconds, for as long as
        each of them finishes some of its connectors.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_TIMEOUT) is used.
    type: int
    default: 30
  connect_timeout:
    description:
      - Seconds after which an attempt to connect is given up.
      - If not set, the value of the environment variable E(KAFKA_CONNECT_CONNECT_TIMEOUT) is used.
    type: int
    default: 5
notes:
  - No proxy is used, also if the environment names one.
"""
