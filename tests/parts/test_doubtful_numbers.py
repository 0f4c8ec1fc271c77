"""Zeros that may come from a failed query (packet-format.md 3.3, 10.8)."""

from __future__ import annotations

import pytest

from analyzer.format.versions import parse_version
from analyzer.parts import stats, warnings

HEALTHY = stats.Stats(
    registered_users=25, active_users=20, daily_active_users=5, monthly_active_users=9, deactivated_users=5, guests=0,
    bot_accounts=1, posts=100, channels=4, teams=1, slash_commands=0, incoming_webhooks=0, outgoing_webhooks=0,
)  # fmt: skip
NEW, OLD = parse_version("12.1.0"), parse_version("11.6.0")


def test_zeros_of_a_healthy_server_are_believed():
    assert stats.doubtful(HEALTHY, version=OLD) == frozenset()


def test_after_one_reported_failure_every_zero_may_hide_another(real_116):
    found = real_116["standalone-database-down"]
    value = stats.read(found["stats.yaml"]).value
    lines = [c.text for c in warnings.read(found["warning.txt"]).value.complaints()]
    assert stats.doubtful(value, version=OLD, warnings=lines) == set(value.counts)
    marked = stats.doubtful(HEALTHY, version=OLD, warnings=lines)
    assert marked == {"guests", "slash_commands", "incoming_webhooks", "outgoing_webhooks"}
    assert stats.doubtful(HEALTHY, version=None, warnings=lines) == marked
    assert stats.doubtful(HEALTHY, version=NEW, warnings=lines) == frozenset()


def test_a_warning_about_something_else_marks_nothing():
    lines = ["failed to get list of roles: x", "error while getting migration jobs: y"]
    assert stats.doubtful(HEALTHY, version=OLD, warnings=lines) == frozenset()


@pytest.mark.parametrize(
    ("zeroed", "marked"),
    [
        ({"registered_users"}, {"registered_users"}),
        ({"active_users"}, {"active_users"}),
        ({"monthly_active_users"}, {"monthly_active_users"}),
        ({"channels"}, {"channels"}),
        ({"teams"}, {"teams"}),
        ({"daily_active_users"}, set()),
    ],
)
def test_a_zero_that_contradicts_another_number_is_doubtful(zeroed, marked):
    import dataclasses

    value = dataclasses.replace(HEALTHY, **dict.fromkeys(zeroed, 0))
    assert stats.doubtful(value, version=OLD) == marked
    assert stats.doubtful(value, version=NEW) == frozenset()


def test_nothing_but_zeros_is_doubtful_without_any_warning(real_116):
    value = stats.read(real_116["standalone-database-down"]["stats.yaml"]).value
    assert stats.doubtful(value, version=OLD) == set(value.counts)


def test_a_count_below_zero_is_doubtful_in_every_release():
    parsed = stats.read(b"posts: -1\nteams: 2\n")
    assert [p.key_path for p in parsed.problems] == ["posts"]
    assert stats.doubtful(parsed.value, version=NEW) == {"posts"}
