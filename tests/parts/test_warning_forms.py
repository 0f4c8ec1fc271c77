"""The three text forms of warning.txt, and what each message is about."""

from __future__ import annotations

import pytest

from analyzer.format.versions import parse_version
from analyzer.parts import warnings


def told(data):
    return [(c.text, c.span, c.part) for c in warnings.read(data).value.complaints()]


def test_lines_of_5_33_to_8():
    data = (
        b"ioutil.ReadFile(mattermostLog) Error: open x: no such file or directory\n"
        b"Unable to retrieve notifications.log because LogSettings: EnableFile is false in config.json\n"
        b"c.App.GetPlugins() Error: plugins are off"
    )
    parsed = warnings.read(data)
    assert parsed.value.form == "lines"
    assert parsed.problems == ()
    assert [(c.span, c.part) for c in parsed.value.complaints()] == [
        ((1, 1), "mattermost.log"),
        ((2, 2), "notifications.log"),
        ((3, 3), "plugins.json"),
    ]
    assert warnings.write(parsed.value) == data


def test_blocks_among_lines_as_in_9():
    data = (
        b"failed read mattermost log file at path /x: open /x: no such file or directory\n"
        b"2 errors occurred:\n\t* error while getting LDAP vendor info: no route\n\t* not enought analytics information found\n\n"
        b"\nfailed to start CPU profile: cpu profiling already in use"
    )
    parsed = warnings.read(data)
    assert parsed.value.form == "mixed"
    assert parsed.problems == ()
    complaints = parsed.value.complaints(parse_version("9.11.0"))
    assert [(c.span, c.part) for c in complaints] == [
        ((1, 1), "mattermost.log"),
        ((3, 3), "support_packet.yaml"),
        ((4, 4), "support_packet.yaml"),
        ((7, 7), "cpu.prof"),
    ]
    assert warnings.write(parsed.value) == data
    again = warnings.read(warnings.write(parsed.value, target=parse_version("11.6.0"))).value
    assert again.form == "multierror"
    assert [c.text for c in again.complaints()] == [c.text for c in complaints]


def test_a_real_nested_multierror(real_116):
    parsed = warnings.read(real_116["standalone-database-down"]["warning.txt"])
    value = parsed.value
    assert (value.form, len(value.messages), parsed.problems) == ("multierror", 5, ())
    schema = value.messages[0]
    assert (schema.text, schema.declared, schema.span) == ("failed to get schema definition", 5, (2, 7))
    complaints = value.complaints()
    assert [(c.span[0], c.part) for c in complaints] == [
        *((line, "database_schema.yaml") for line in range(3, 8)),
        (10, "stats.yaml"),
        (11, "jobs.yaml"),
        (12, "permissions.yaml"),
        (13, "diagnostics.yaml"),
    ]
    assert complaints[0].text == (
        "failed to get schema definition: failed to get database collation: "
        "dial tcp 127.0.0.1:5433: connect: connection refused"
    )


def test_continuation_lines_stay_with_their_message():
    data = b"2 errors occurred:\n\t* failed to get list of roles: <html>\n<body>\n\n\nBad Gateway\n\t* b\n\n"
    parsed = warnings.read(data)
    assert [(m.text, m.span) for m in parsed.value.messages] == [
        ("failed to get list of roles: <html>\n<body>\n\n\nBad Gateway", (2, 6)),
        ("b", (7, 7)),
    ]
    assert parsed.problems == ()
    assert warnings.write(parsed.value) == data


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"3 errors occurred:\n\t* a\n\t* b\n\n", "announces 3 messages, 2 follow"),
        (b"1 error occurred:\n\t* a\n\t* b\n\n", "announces 1 message, 2 follow"),
        (b"\t* a\n\t* b\n", "without the header"),
        (b"5 errors occurred:\n", "announces 5 messages, 0 follow"),
    ],
)
def test_a_header_that_does_not_count_right_is_noted(data, note):
    parsed = warnings.read(data)
    assert any(note in p.message for p in parsed.problems)
    assert [c.text for c in parsed.value.complaints()] == ["a", "b"][: data.count(b"\t* ")]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"  \r\n"])
def test_an_empty_file_has_no_message(data):
    assert warnings.read(data).value.messages == ()
    assert warnings.write(warnings.read(data).value) == b""


def test_windows_line_ends_and_faulty_bytes():
    parsed = warnings.read(b"1 error occurred:\r\n\t* caf\xe9\r\n\r\n")
    assert [c.text for c in parsed.value.complaints()] == ["caf\ufffd"]
    assert "invalid UTF-8" in parsed.problems[0].message


def test_headers_nested_without_end_are_bounded():
    data = b"1 error occurred:\n" + b"".join(b"\t* x: 1 error occurred:\n" for _ in range(3000))
    assert len(warnings.read(data).value.complaints()) >= 1
