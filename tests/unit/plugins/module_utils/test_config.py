# SPDX-FileCopyrightText: 2026 The kafka-connect-operator authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical form of a configuration, its difference to another, and what of it may be shown."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from ansible_collections.saiello.kafka_connect.plugins.module_utils import _config
from ansible_collections.saiello.kafka_connect.plugins.module_utils._config import (
    HIDDEN,
    ConfigError,
    canonical,
    canonical_value,
    difference,
    shown,
    typed_secrets,
)
from hypothesis import given
from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]))
keys = texts.filter(lambda key: key and key not in _config.RESERVED)
configs = st.dictionaries(keys, texts, max_size=6)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (7776000000, "7776000000"),
        (-(2**63), "-9223372036854775808"),
        (2**63 - 1, "9223372036854775807"),
        (1.5, "1.5"),
        (1.0, "1"),
        (-0.25, "-0.25"),
        (0.001, "0.001"),
        ("", ""),
        (" a\r\n\t", " a\r\n\t"),
        ("007", "007"),
        ("{{ jinja }}", "{{ jinja }}"),
        ("${file:/x:y}", "${file:/x:y}"),
        ("C:\\x", "C:\\x"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_scalars_become_text(value: Any, text: str) -> None:
    assert canonical_value("k", value) == text


@pytest.mark.parametrize(
    "value", [None, {}, {"a": 1}, [], [1], (1,), 2**63, -(2**63) - 1, math.inf, -math.inf, math.nan, 1e21, 1e15, 1e-7, 0.1234567890123456]
)
def test_what_json_does_not_carry_exactly_is_refused_by_name(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"config key some\.key: "):
        canonical_value("some.key", value)


@given(texts)
def test_text_stays_as_it_is(text: str) -> None:
    assert canonical_value("k", text) == text


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_keep_their_json_text(value: int) -> None:
    assert canonical_value("k", value) == json.dumps(value)


@given(st.floats())
def test_a_float_is_carried_exactly_or_refused(value: float) -> None:
    try:
        text = canonical_value("k", value)
    except ConfigError:
        return
    assert float(text) == value
    assert "e" not in text


@pytest.mark.parametrize("key", sorted(_config.RESERVED))
def test_reserved_keys_are_refused_with_the_field_to_use(key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is reserved; use the field {_config.RESERVED[key]}$"):
        canonical("n", "C", 1, {key: "x"})


@pytest.mark.parametrize("key", ["", 1, None, True])
def test_a_key_must_be_text(key: Any) -> None:
    with pytest.raises(ConfigError):
        canonical("n", "C", 1, {key: "x"})


def test_name_class_tasks_and_version_are_put_in() -> None:
    assert canonical("n", "C", 2, {"a": True}, "1.0") == {
        "a": "true",
        "name": "n",
        "connector.class": "C",
        "tasks.max": "2",
        "connector.plugin.version": "1.0",
    }
    assert canonical("n", "C", None, {}) == {"name": "n", "connector.class": "C"}


def test_a_configuration_that_kafka_cannot_store_is_refused() -> None:
    assert canonical("n", "C", 1, {"a": "x" * (_config.SIZE_LIMIT - 1000)})
    with pytest.raises(ConfigError, match="larger than 900 KiB"):
        canonical("n", "C", 1, {"a": "x" * _config.SIZE_LIMIT})
    with pytest.raises(ConfigError, match="larger than 900 KiB"):
        canonical("n", "C", 1, {"a": "\U0001f600" * (_config.SIZE_LIMIT // 4)})


@pytest.mark.parametrize("config", [{"a": "\ud800"}, {"\udfff": "a"}])
def test_half_characters_are_refused(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="surrogate"):
        canonical("n", "C", 1, config)


@given(configs, st.integers(1, 99) | st.none())
def test_the_canonical_form_is_a_fixed_point(config: dict[str, str], tasks_max: int | None) -> None:
    once = canonical("n", "C", tasks_max, config)
    own = {key: value for key, value in once.items() if key not in _config.RESERVED}
    assert own == config
    assert canonical("n", "C", tasks_max, own) == once


@given(keys, st.text(min_size=8).filter(lambda value: value.strip()))
def test_a_refusal_names_the_key_and_never_the_value(key: str, value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        canonical("n", "C", 1, {key: [f"<{value}>"]})
    assert f"<{value}>" not in str(refused.value).replace(key, "")


@given(configs, configs)
def test_the_difference_is_empty_only_between_equals(live: dict[str, str], wanted: dict[str, str]) -> None:
    assert bool(difference(live, wanted)) is (live != wanted)


@given(configs, configs)
def test_the_difference_leads_from_one_to_the_other(live: dict[str, str], wanted: dict[str, str]) -> None:
    found = difference(live, wanted)
    after = {key: value for key, value in live.items() if key not in found.removed}
    after.update({key: wanted[key] for key in (*found.added, *found.changed)})
    assert after == wanted
    back = difference(wanted, live)
    assert (back.added, back.changed, back.removed) == (found.removed, found.changed, found.added)
    assert list(found.keys) == sorted({*found.added, *found.changed, *found.removed})


@given(texts, texts)
def test_the_value_of_a_key_that_no_plugin_declares_is_hidden(key: str, value: str) -> None:
    if key not in _config.FRAMEWORK_KEYS:
        assert shown(key, value) == HIDDEN


SECRET_KEYS = [
    "database.password",
    "passwd",
    "ssl.truststore.password",
    "api.key",
    "apiKey",
    "secret",
    "aws.secret.access.key",
    "oauth.token",
    "sasl.jaas.config",
    "basic.auth.user.info",
    "connection.url",
    "db.uri",
    "credentials.json",
    "passphrase",
    "sentry.dsn",
    "ssl.keystore.location",
    "Authorization",
    "db.pass",
    "db.pass2",
    "db.pwd",
    "dbPwd",
    "passcode",
    "accountkey",
    "azure.account_key",
    "encryptionKey",
    "sharedKey",
    "license_key",
    "partition.key",
    "http.cookie",
    "pin",
    "card_pin",
    "cardPin",
    "slack.webhook",
]


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_a_key_that_sounds_secret_is_hidden_even_if_the_plugin_calls_it_plain(key: str) -> None:
    assert shown(key, "x", frozenset((key,))) == HIDDEN


SECRET_VALUES = [
    "${file:/etc/x:password}",
    "prefix ${vault:a:b} suffix",
    "jdbc:postgresql://u:p@db/x",
    "amqp://guest@host",
    "https://h/x?token=1",
    "jdbc:sqlserver://h;password=x",
    "Bearer abc",
    "Basic dXNlcjpwdw==",
    "-----BEGIN PRIVATE KEY-----",
    "org.apache.kafka.common.security.plain.PlainLoginModule required",
    "eyJhbGciOiJIUzI1NiJ9.e30.x",
    "AKIAIOSFODNN7EXAMPLEKEY12",
    "a" * 24,
    "user=me,password=x",
    "host=h password=x",
    "host=h password = 'x'",
    "password='x'",
    "pwd=abc",
    "pin=1234",
    '{"password":"x"}',
    '{"user": "me", "password": 1234}',
    r"{\"password\":\"x\"}",
    "password: x",
    "Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=abc=",
    "AccountName=n;AccountKey=abc",
    "X-Api-Key: abc",
    "X-Api-Key:abc",
    "Authorization: Token x",
    "Cookie: session=1",
    "me:x@h",
    "scott/tiger:x@h",
    f"h me:{'x.' * 300}@h",
    "key=abc",
    "auth: abc",
]


@pytest.mark.parametrize("value", SECRET_VALUES)
@pytest.mark.parametrize("key", ["file", "topics"])
def test_a_value_that_looks_secret_is_hidden_under_any_key(key: str, value: str) -> None:
    assert shown(key, value, frozenset((key,))) == HIDDEN


PLAIN = [
    ("file", "/tmp/x"),
    ("topic", "orders"),
    ("topics", "orders,order-lines"),
    ("topics.regex", "db[.](?:a|b)[.].*"),
    ("poll.interval.ms", "5000"),
    ("key.converter", "org.apache.kafka.connect.json.JsonConverter"),
    ("key.converter.schemas.enable", "false"),
    ("message.key.columns", "inventory.customers:id,name;(.*).orders:number"),
    ("pk.fields", "id"),
    ("pk.mode", "record_key"),
    ("transforms", "key,route"),
    ("transforms.key.type", "org.apache.kafka.connect.transforms.ExtractField$Key"),
    ("transforms.key.field", "id"),
    ("transforms.cast.spec", "id:int64,price:float64"),
    ("query", "select * from orders where id > 7"),
    ("format", "yyyy-MM-dd HH:mm"),
    ("database.server", "db.example.com:5432"),
]


@pytest.mark.parametrize(("key", "value"), PLAIN)
def test_plain_values_are_shown(key: str, value: str) -> None:
    assert shown(key, value, frozenset((key,))) == value
    assert typed_secrets({key: value}) == ()


@pytest.mark.parametrize(("key", "value"), [("errors.tolerance", "all"), ("topics", "orders")])
def test_keys_of_the_framework_need_no_plugin_to_declare_them(key: str, value: str) -> None:
    assert shown(key, value) == value


TYPED_KEYS = [
    "database.password",
    "PASSWD",
    "sasl.jaas.config",
    "aws.secret.access.key",
    "api-key",
    "github.token",
    "db.pwd",
    "db.pass",
    "passcode",
    "accountkey",
    "encryptionKey",
    "sharedKey",
    "session.cookie",
    "card.pin",
    "slack.webhook",
    "slack.webhook.url",
]


@pytest.mark.parametrize("key", TYPED_KEYS)
def test_secrets_that_are_typed_are_named(key: str) -> None:
    assert typed_secrets({"topic": "t", key: "x"}) == (key,)
    for other in ("", "${file:/x:y}", True, 7):
        assert typed_secrets({key: other}) == ()


TYPED_VALUES = [
    "jdbc:postgresql://u:p@db/x",
    "jdbc:oracle:thin:scott/tiger@db:1521",
    "jdbc:sqlserver://h;password=x",
    f"me:{'x.' * 300}@db",
    "user=me,password=x",
    "host=h password=12345",
    "password: 12345",
    '{"password":"x"}',
    "X-Api-Key: abc",
    "X-Api-Key:abc",
    "Authorization: Token x",
    "Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=abc=",
    "Bearer abc",
    "-----BEGIN PRIVATE KEY-----",
]


@pytest.mark.parametrize("key", ["connection.url", "http.headers", "password.file"])
@pytest.mark.parametrize("value", TYPED_VALUES)
def test_credentials_that_are_typed_are_named_by_their_key(key: str, value: str) -> None:
    assert typed_secrets({"topic": "t", key: value}) == (key,)
    assert typed_secrets({key: f"{value} ${{file:/x:y}}"}) == ()


@pytest.mark.parametrize(
    "key",
    [
        "file",
        "connection.url",
        "ssl.keystore.location",
        "password.file",
        "token.endpoint",
        "sasl.mechanism",
        "tokens.ms",
        "partition.key",
        "primary_key",
        "routingKey",
        "pinning",
        "opinion",
    ],
)
def test_others_are_not(key: str) -> None:
    assert typed_secrets({key: "x"}) == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("connection.url", "jdbc:oracle:thin:@db:1521/orders"),
        ("connection.url", "jdbc:oracle:thin:@//db:1521/orders"),
        ("sasl.oauthbearer.token.endpoint.url", "https://token.example.com:8443/oauth"),
        ("schema.registry.url", "http://secrets:8081"),
        ("transforms.rename.renames", "password:hash,token:id"),  # fields of a record
        ("message.key.columns", "inventory.keys:id"),
    ],
)
def test_what_only_reads_like_credentials_is_not_warned_of(key: str, value: str) -> None:
    assert typed_secrets({key: value}) == ()


@pytest.mark.parametrize("part", ["token", "a:", "&pass", "${:", "pass=", "://", "key", "\\", "token ", "a: ", "${" + "x" * 50])
def test_the_longest_value_is_judged_in_no_time(part: str) -> None:
    """Connect, and who writes a spec, choose these texts: none of them may keep a run busy."""
    value = part * (100_000 // len(part))
    started = time.process_time()
    shown("file", value, frozenset(("file",)))
    typed_secrets({"file": value})
    assert time.process_time() - started < 10


@pytest.mark.parametrize("key", ["file", "topics"])
def test_a_value_that_came_from_elsewhere_is_hidden_whatever_it_is(key: str) -> None:
    assert shown(key, "x", frozenset((key,)), frozenset((key,))) == HIDDEN


@pytest.mark.parametrize("key", ["name", "connector.class", "tasks.max", "connector.plugin.version"])
def test_the_fields_of_the_object_are_shown(key: str) -> None:
    assert shown(key, "a" * 40) == "a" * 40
