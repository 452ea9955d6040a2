"""Scalars, settings and logs."""

import io
import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import structlog
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared.graph.scalars import SCALARS, Money
from shared.settings import Settings, load_settings
from shared.telemetry.logs import set_up_logging


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2), st.sampled_from(["EUR", "USD", "JPY"]))
def test_money_is_exact(amount: Decimal, currency: str) -> None:
    money = Money(amount, currency)
    assert Money.parse(str(money)) == money


@pytest.mark.parametrize("text", ["", "12", "12 eur", "x EUR", "NaN EUR", "Infinity USD", "1 EURO"])
def test_other_text_is_no_money(text: str) -> None:
    with pytest.raises(ValueError, match=r"129\.90 EUR"):
        Money.parse(text)


def test_a_datetime_has_a_time_zone_and_leaves_in_utc() -> None:
    scalar = SCALARS[datetime]
    assert scalar.parse_value is not None and scalar.serialize is not None
    value = scalar.parse_value("2026-05-04T09:30:00+02:00")
    assert value == datetime(2026, 5, 4, 7, 30, tzinfo=UTC)
    assert (
        scalar.serialize(value.astimezone(ZoneInfo("Europe/Berlin"))).tzinfo is UTC
    )  # which JSON's encoder writes as Z
    with pytest.raises(GraphQLError, match="time zone"):
        scalar.parse_value("2026-05-04T09:30:00")


def test_settings_that_are_missing_or_wrong_are_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    monkeypatch.setenv("ROUTER_SIGNATURE_KEY", "too short")
    monkeypatch.setenv("PORT", "many")
    with pytest.raises(SystemExit) as stopped:
        load_settings(Settings, "directory")
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert said.count("\n") == 1
    assert said.startswith("directory: ")
    for part in ("PORT is wrong", "REDIS_URL is missing: set it to redis://", "ROUTER_SIGNATURE_KEY is wrong"):
        assert part in said
    assert "hunter2" not in said
    assert "too short" not in said


def test_a_secret_does_not_print() -> None:
    assert "swordfish" not in repr(SecretStr("swordfish"))


def test_a_log_line_holds_only_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    handlers, configuration = logging.getLogger().handlers[:], structlog.get_config()
    try:
        set_up_logging("directory", "INFO")
        structlog.get_logger("test").info("operation.done", patient_name="Ada Quist", count=3)
        try:
            raise ValueError("Ada Quist has a fever")
        except ValueError:
            structlog.get_logger("test").exception("operation.fault")
    finally:
        logging.getLogger().handlers[:] = handlers
        structlog.configure(**configuration)
    lines = {line["event"]: line for line in map(json.loads, stream.getvalue().splitlines())}
    assert lines["operation.done"]["count"] == 3
    assert lines["operation.done"]["service"] == "directory"
    assert lines["operation.fault"]["exception"]["type"] == "ValueError"
    assert "Ada" not in stream.getvalue()
