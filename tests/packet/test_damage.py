"""Cut, flipped and swapped packets: named problems, never another exception, nothing else lost."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer import NotAPacket, PacketError, open_packet
from analyzer.text import printable

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ask_everything(packet):
    """Use the packet as a face would; return the problems."""
    summary = packet.summary()
    for text in (summary.text(), summary.html()):
        assert text == text.encode("utf-8", "backslashreplace").decode()
    for part in (packet.config, packet.diagnostics, packet.stats, packet.jobs, packet.plugins, packet.permissions):
        assert part is None or part is not NotImplemented
    for problem in packet.problems:
        assert problem.message == printable(problem.message)
        assert problem.part
    return packet.problems


@FEW
@given(st.data())
def test_a_cut_packet_gives_its_whole_members_and_names_the_cut(bundled, data):
    whole = bundled.read_bytes()
    cut = data.draw(st.integers(0, len(whole) - 1))
    try:
        packet = open_packet(whole[:cut])
    except (NotAPacket, PacketError) as error:
        assert "\n" not in str(error)
        return
    assert any(problem.severity in {"error", "warning"} for problem in ask_everything(packet))
    if "stats.yaml" in packet.layout.parts.values() and packet.stats is not None:
        assert packet.stats.posts == 7761


@FEW
@given(st.data())
def test_flipped_bytes_never_raise_anything_else(bundled, data):
    broken = bytearray(bundled.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(broken) - 1))
        broken[place] ^= data.draw(st.integers(1, 255))
    try:
        packet = open_packet(bytes(broken))
    except PacketError as error:
        assert "\n" not in str(error)
        return
    ask_everything(packet)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_swapped_contents_are_problems_of_their_parts(zip_of, real_files, data):
    names = sorted(real_files)
    contents = data.draw(st.permutations(names))
    packet = open_packet(zip_of((name, real_files[other]) for name, other in zip(names, contents, strict=True)))
    ask_everything(packet)
    wrong = [
        name
        for name, other in zip(names, contents, strict=True)
        if name != other and name.endswith((".prof", "goroutines"))
    ]
    named = {problem.part for problem in packet.problems}
    for name in wrong:
        if not (name.endswith(".prof") and contents[names.index(name)].endswith(".prof")):
            assert name in named


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    part=st.sampled_from(
        [
            "stats.yaml",
            "jobs.yaml",
            "permissions.yaml",
            "plugins.json",
            "metadata.yaml",
            "warning.txt",
            "diagnostics.yaml",
            "sanitized_config.json",
            "database_schema.yaml",
            "mattermost.log",
        ]
    ),
    content=st.binary(max_size=300),
)
def test_any_bytes_in_any_part(zip_of, real_files, part, content):
    packet = open_packet(zip_of({**real_files, part: content}.items()))
    ask_everything(packet)
    assert packet.nodes
    assert next(iter(packet.nodes.values())).goroutines.total == 746


def test_hostile_names_are_shown_escaped(zip_of, real_files):
    names = ["\x1b[31mred.log", "../../etc/passwd", "/etc/shadow", "a\nb", "<script>alert(1)</script>", "x" * 300]
    packet = open_packet(zip_of([*real_files.items(), *((name, b"x") for name in names)]))
    summary = packet.summary()
    for text in (summary.text(), summary.html(), repr(packet), packet._repr_html_()):
        assert "\x1b" not in text
        assert "<script>" not in summary.html()
    assert all(line == printable(line) for line in summary.text().splitlines())


def test_every_pair_of_parts_may_be_missing(zip_of, real_files):
    for gone in itertools.combinations(sorted(real_files), 2):
        packet = open_packet(zip_of((n, d) for n, d in real_files.items() if n not in gone))
        assert set(packet.missing) <= set(gone)
        assert packet.server_version == "11.6.0"


def test_a_face_that_fails_costs_itself_only_and_tells_no_value(bundled):
    packet = open_packet(bundled)

    def broken():
        raise KeyError("a value of the packet")

    assert packet.attempt("chart cpu", broken) is None
    assert packet.attempt("chart heap", lambda: 7) == 7
    assert [(p.part, p.message) for p in packet.problems] == [("chart cpu", "could not be shown (KeyError)")]
