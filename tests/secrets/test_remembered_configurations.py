"""A configuration met again gives the same settings, and another verdict where the packet around it differs."""

from __future__ import annotations

import random

import pytest

from analyzer.format.versions import parse_version
from analyzer.secrets import configuration
from analyzer.secrets.configuration import NoJson, settings
from analyzer.secrets.context import Context, Declared
from analyzer.secrets.rules.examples import made_up


@pytest.fixture
def text(corpus) -> bytes:
    tree = corpus.base_config()
    corpus.put(tree, "PluginSettings.Plugins.jira.apitoken", made_up("A", 32, random.Random(1)))
    corpus.put(tree, "FileSettings.ExportAmazonS3SecretAccessKey", made_up("K", 40, random.Random(2)))
    return corpus.go_json(tree)


def test_the_same_again(text, engine):
    context = Context(None, parse_version("11.0.0"))
    first, again = (list(settings(text, context, engine)) for _ in range(2))
    assert first == again
    assert {setting.key_path.rpartition(".")[2] for setting in first} == {"apitoken", "ExportAmazonS3SecretAccessKey"}


def test_the_packet_around_it_counts(text, engine):
    declared = {"jira": Declared(frozenset({"apitoken"}), frozenset({"apitoken"}))}
    reasons = [
        tuple(setting.reason for setting in settings(text, Context(None, parse_version(version), {}, plugins), engine))
        for version in ("9.0.0", "11.0.0", "11.6.0")
        for plugins in ({}, declared)
    ]
    assert len(set(reasons)) == 5  # up to 10.0 settings of plugins are in clear, declared or not


@pytest.mark.parametrize("remembered", [0, 1 << 18])
def test_a_broken_one_is_broken_again(text, engine, monkeypatch, remembered):
    monkeypatch.setattr(configuration, "REMEMBERED", remembered)
    for _ in range(2):
        found = []
        with pytest.raises(NoJson):
            found.extend(settings(text[:-3], Context(None), engine))
        assert len(found) == 2
