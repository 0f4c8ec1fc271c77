"""YAML as it may arrive: odd, hostile, cut. One bad key costs that key; no document costs more than its bound."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analyzer.errors import PartError
from analyzer.parts import diagnostics, jobs, metadata, plugin_diagnostics, stats, support_packet
from analyzer.parts.base import MAX_PROBLEMS, Notes
from analyzer.parts.yamlread import load, load_map


def problems(parsed):
    return [(p.key_path, p.severity) for p in parsed.problems]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13.10", "13.10"),
        ('"13.10"', "13.10"),
        ("yes", "yes"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("2026-11-22", "2026-11-22"),
        ("1e3", "1e3"),
        ("true", "true"),
        ("15.18 (Debian 15.18-0+deb12u1)", "15.18 (Debian 15.18-0+deb12u1)"),
        ("'~'", "~"),
    ],
)
def test_text_fields_keep_text_of_any_look(written, kept):
    parsed = diagnostics.read(f"database:\n  version: {written}\n".encode())
    assert parsed.value.database.version == kept
    assert parsed.problems == ()


@pytest.mark.parametrize("written", ["", "~", "null", "NULL"])
def test_null_is_missing(written):
    parsed = diagnostics.read(f"database:\n  version: {written}\n  master_connections: {written}\n".encode())
    assert parsed.value.database.version is None
    assert parsed.value.database.master_connections is None
    assert parsed.problems == ()


@pytest.mark.parametrize("identity", ["123e4567890123456789012345", "1" * 26, "exmpl3ib5rspy93jxswyc454bw"])
def test_ids_stay_text(identity):
    assert metadata.read(f"server_id: {identity}\n".encode()).value.server_id == identity


@pytest.mark.parametrize(
    ("written", "number", "severity"),
    [
        ("50", 50, None),
        ("-1", -1, None),
        ("1_000", 1000, None),
        ("0x1F", 31, None),
        ("0o17", 15, None),
        ("017", 15, None),
        ('"50"', 50, "info"),
        ("50.0", 50, "info"),
        ("many", None, "warning"),
        ("5.5", None, "warning"),
        ("[5]", None, "warning"),
        ("true", None, "warning"),
        ("9" * 30, None, "warning"),
        ("089", 89, "info"),
    ],
)
def test_whole_numbers(written, number, severity):
    parsed = diagnostics.read(f"websocket:\n  connections: {written}\ncluster:\n  id: x\n".encode())
    assert parsed.value.websocket.connections == number
    assert problems(parsed) == ([("websocket.connections", severity)] if severity else [])
    assert parsed.value.cluster.id == "x"


@pytest.mark.parametrize(
    ("written", "flag", "severity"),
    [
        ("true", True, None),
        ("False", False, None),
        ("yes", True, "info"),
        ('"true"', True, "info"),
        ("2", None, "warning"),
    ],
)
def test_booleans(written, flag, severity):
    parsed = diagnostics.read(f"license:\n  is_trial: {written}\n".encode())
    assert parsed.value.license.is_trial is flag
    assert problems(parsed) == ([("license.is_trial", severity)] if severity else [])


def test_what_did_not_fit_is_kept_and_written_back():
    data = b"license:\n  users: lots\n  company: Example\n"
    parsed = diagnostics.read(data)
    assert parsed.value.license.users is None
    assert parsed.value.license.extra == {"users": "lots"}
    assert diagnostics.read(diagnostics.write(parsed.value)).value == parsed.value


def test_a_problem_never_shows_the_value():
    parsed = diagnostics.read(b"license:\n  users: hunter2-is-my-password\n")
    assert "hunter2" not in str(parsed.problems)


def test_unknown_keys_are_kept_at_each_level():
    data = b"version: 2\nserver:\n  os: linux\n  new: 13.10\nbrand_new:\n  a:\n  - 1\n  - yes\n"
    value = diagnostics.read(data).value
    assert value.server.extra == {"new": "13.10"}
    assert value.extra == {"brand_new": {"a": [1, "yes"]}}
    assert diagnostics.write(value) == data


@pytest.mark.parametrize(("spelled", "release"), [("erorr", "10.9.0"), ("error", "11.0.0")])
def test_both_spellings_of_error_are_read_and_the_release_decides_what_is_written(spelled, release):
    from analyzer.format.versions import parse_version

    parsed = diagnostics.read(f"ldap:\n  status: FAIL\n  {spelled}: no route\n".encode())
    assert parsed.value.ldap.error == "no route"
    written = diagnostics.write(parsed.value, target=parse_version(release)).decode()
    assert f"{spelled}: no route" in written
    assert (
        "erorr: x"
        in diagnostics.write(
            diagnostics.Diagnostics(file_store=diagnostics.FileStore(error="x")), target=parse_version("12.0.0")
        ).decode()
    )


def test_two_spellings_at_once_are_noted_and_neither_is_lost():
    parsed = diagnostics.read(b"ldap:\n  error: new\n  erorr: old\n")
    assert parsed.value.ldap.error == "new"
    assert parsed.value.ldap.extra == {"erorr": "old"}
    assert problems(parsed) == [("ldap.erorr", "warning")]


def test_the_misspelled_job_list_and_both_forms_of_job_times():
    v2 = jobs.read(b'bleve_post_indexin_jobs:\n- id: a\n  create_at: "2026-01-02T03:04:05.6+02:00"\n').value
    right = jobs.read(b"bleve_post_indexing_jobs:\n- id: a\n  createat: 1767315845600\n")
    v1 = support_packet.read(b"bleve_post_indexin_jobs:\n- id: a\n  createat: 1767315845600\n").value
    assert v2.bleve_post_indexing_jobs[0].create_at.utcoffset().total_seconds() == 7200
    assert right.value.bleve_post_indexing_jobs[0].create_at == v2.bleve_post_indexing_jobs[0].create_at
    assert v1.bleve_post_indexing_jobs[0].create_at == v2.bleve_post_indexing_jobs[0].create_at
    assert b"bleve_post_indexin_jobs" in jobs.write(v2)


def test_null_lists_are_empty_and_odd_items_cost_only_themselves():
    parsed = jobs.read(b"migration_jobs: null\nldap_sync_jobs:\n- id: a\n- 7\n- id: b\n")
    assert parsed.value.migration_jobs == ()
    assert parsed.value.data_retention_jobs is None
    assert [job.id for job in parsed.value.ldap_sync_jobs] == ["a", "b"]
    assert problems(parsed) == [("ldap_sync_jobs[1]", "error")]


@pytest.mark.parametrize(
    ("written", "when"),
    [("1724075205094", 94000), ("1724075205", 0), ("'2024-08-19T13:46:45Z'", 0), ('"1724075205094"', 94000)],
)
def test_generated_at_in_milliseconds_seconds_or_text(written, when):
    parsed = metadata.read(f"generated_at: {written}\n".encode())
    assert parsed.value.generated_at == datetime(2024, 8, 19, 13, 46, 45, when, tzinfo=UTC)
    assert bool(parsed.problems) == (written != "1724075205094")


def test_v1_statistics_of_minus_one_are_not_available():
    parsed = support_packet.read(b"active_users: -1\ntotal_posts: 5\n")
    assert parsed.value.active_users is None
    assert parsed.value.unavailable == {"active_users"}
    assert support_packet.write(parsed.value) == b"active_users: -1\ntotal_posts: 5\n"


def test_trial_is_text_in_9_2_to_9_7_and_a_boolean_later():
    from analyzer.format.versions import parse_version

    for data in (b'license_is_trial: "true"\n', b"license_is_trial: true\n"):
        parsed = support_packet.read(data)
        assert parsed.value.license_is_trial is True
        assert parsed.problems == ()
    assert support_packet.write(parsed.value, target=parse_version("9.5.0")) == b'license_is_trial: "true"\n'
    assert support_packet.write(parsed.value, target=parse_version("9.8.0")) == b"license_is_trial: true\n"


def test_plugin_facts_keep_their_order_and_form():
    data = b"version: 2.0.1+74aea618\ntotal_playbooks: 3\navg_duration: 1.50\nllm_service_types:\n    - openai\n"
    parsed = plugin_diagnostics.read(data)
    assert parsed.value["total_playbooks"] == 3
    assert list(parsed.value.facts) == ["version", "total_playbooks", "avg_duration", "llm_service_types"]
    assert plugin_diagnostics.write(parsed.value) == data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"   \n# only a comment\n", "empty"),
        (b"- a\n- b\n", "found a list"),
        (b"just text", "found one scalar"),
        (b"\x00\x01\x02\xff", ""),
        (b"[" * 5000, "levels deep"),
        (b"a: " + b"{a: " * 5000, "levels deep"),
        (b"'unclosed: 1", "line 1"),
        (b"\tx: 1", "line 1, column 1"),
        (b"%YAML 9.9\n---\na: 1", "line 1"),
    ],
)
def test_what_is_no_document_is_refused_in_one_line(data, reason):
    with pytest.raises(PartError) as caught:
        stats.read(data)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_stands_before_a_fault_is_kept():
    parsed = stats.read(b'registered_users: 5\nposts: 7\nteams: "unclosed')
    assert (parsed.value.registered_users, parsed.value.posts) == (5, 7)
    assert [p.severity for p in parsed.problems] == ["error"]
    assert "line 3" in parsed.problems[0].message


def test_an_alias_bomb_is_not_followed():
    bomb = b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n".encode()
    notes = Notes()
    tree = load_map(bomb + b"posts: 3\n", notes)
    assert tree["i"] == [None] * 9
    assert tree["posts"] == "3"
    assert len(notes.found) == 72


def test_tags_make_nothing():
    tree = load(b"a: !!python/object/apply:os.system ['x']\nb: !!int 3\n", Notes())
    assert tree == {"a": ["x"], "b": "3"}


def test_duplicate_keys_merge_keys_and_odd_keys_are_survived():
    notes = Notes()
    tree = load_map(b"a: 1\na: 2\n<<: {b: 3}\n[1, 2]: x\n? {q: r}\n: y\n", notes)
    assert tree["a"] == "2"
    assert tree["<<"] == {"b": "3"}
    assert [p.key_path for p in notes.found] == ["a", "", ""]
    assert set(tree) == {"a", "<<"}


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"\xef\xbb\xbfposts: 3\n", "byte order mark"),
        ("posts: 3\n".encode("utf-16"), "UTF-16"),
        (b"posts: 3\nteams_\xff: 1\n", "invalid UTF-8 on line 2"),
        (b"posts: 3\nx: \x07\n", "control characters"),
        (b"posts: 3\n---\nposts: 4\n", "more than one document"),
        (b"posts: 3\r\nteams: 4\r\n", None),
    ],
)
def test_encodings_and_line_ends(data, note):
    parsed = stats.read(data)
    assert parsed.value.posts == 3
    assert [note in p.message for p in parsed.problems] == ([True] if note else [])


def test_problems_are_bounded():
    parsed = jobs.read(b"migration_jobs:\n" + b"- 7\n" * 5000)
    assert len(parsed.problems) == MAX_PROBLEMS + 1
    assert "4,800 more" in parsed.problems[-1].message


def test_a_newer_layout_is_noted():
    assert problems(diagnostics.read(b"version: 3\n")) == [("version", "warning")]


def test_a_zero_that_was_asked_for_is_written_and_one_that_was_not_is_left_out():
    """PostgreSQL statistics and extra users are Go pointers, a boolean of the licence is not."""
    value = diagnostics.Diagnostics(
        license=diagnostics.License(users=0, is_trial=False, extra_users=0),
        database=diagnostics.Database(deadlocks=0, cache_hit_ratio=None),
    )
    assert diagnostics.write(value) == b"license:\n  users: 0\n  extra_users: 0\ndatabase:\n  deadlocks: 0\n"


def test_comments_stand_above_and_behind_their_keys_and_are_read_over():
    value = diagnostics.Diagnostics(database=diagnostics.Database(type="postgres", cache_hit_ratio=0.99))
    data = diagnostics.write(value, comments=True)
    assert data.decode().splitlines()[2:] == [
        "  # PostgreSQL-only (these fields are omitted on MySQL)",
        "  cache_hit_ratio: 0.99 # blks_hit / (blks_hit + blks_read) from pg_stat_database; cumulative since stats reset",
    ]
    assert diagnostics.read(data).value == value


@pytest.mark.parametrize(
    ("release", "keys"),
    [
        ("10.5.0", "os architecture hostname version build_hash installation_type"),
        ("11.6.0", "os architecture cpu_cores total_memory_mb hostname version build_hash installation_type"),
        (
            "12.0.0",
            "os architecture hostname installation_type cpu_cores total_memory_mb process_id version build_hash go_version",
        ),
    ],
)
def test_keys_and_their_order_follow_the_release(release, keys):
    from analyzer.format.versions import parse_version

    server = diagnostics.Server(
        os="linux", architecture="amd64", hostname="h", installation_type="docker", cpu_cores=2, total_memory_mb=1,
        process_id=7, version=release, build_hash="b", go_version="go1.26",
    )  # fmt: skip
    value = diagnostics.Diagnostics(server=server, saml=diagnostics.Saml(provider_type="Okta", status="OK"))
    written = diagnostics.write(value, target=parse_version(release)).decode()
    shown = [line.strip().partition(":")[0] for line in written.splitlines() if line.startswith(" ")]
    assert shown[: len(keys.split())] == keys.split()
    assert ("saml:" in written) is (release != "10.5.0")
    assert ("status: OK" in written) is (release == "12.0.0")
