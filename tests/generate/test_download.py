"""Fetching a packet from a server: every answer of the contract, over the network and the local socket."""

from __future__ import annotations

import io
import json
import stat
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import pytest

from analyzer.errors import SourceError, UsageError
from analyzer.generate.download import download, file_name

PATH = "/api/v4/system/support_packet"
NAME = "mm_support_packet_Example_Gardens_Ltd_2026-11-22T12-03.zip"
TOKEN = "made-up-" + "token" * 4


def app_error(status: int, identity: str, message: str = "Words of the server.", detail: str = ""):
    return status, {
        "id": identity,
        "message": message,
        "detailed_error": detail,
        "request_id": "r",
        "status_code": status,
    }


@pytest.fixture
def answer(conftest_module):
    return conftest_module.Answer


@pytest.fixture
def zip_answer(answer, bundled):
    escaped = NAME
    return answer(
        200,
        bundled.read_bytes(),
        {
            "Content-Type": "application/zip",
            "Content-Disposition": f"attachment;filename=\"{escaped}\"; filename*=UTF-8''{escaped}",
        },
    )


def test_over_the_network(web, zip_answer, bundled, tmp_path):
    web.answers[PATH] = zip_answer
    seen = []
    done = download(server=web.url, token=TOKEN, output=tmp_path, progress=lambda n, _total, _what: seen.append(n))
    assert done.path == tmp_path / NAME
    assert done.path.read_bytes() == bundled.read_bytes()
    assert stat.S_IMODE(done.path.stat().st_mode) == 0o600
    assert done.size == bundled.stat().st_size == seen[-1]
    assert done.version == "11.6.0"
    assert done.missing == done.warnings == done.problems == ()
    assert done.complete
    [(asked, headers)] = web.asked
    assert asked == PATH
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert list(tmp_path.iterdir()) == [done.path]


def test_options_are_in_the_query(web, zip_answer, tmp_path):
    web.answers[PATH] = zip_answer
    download(server=web.url + "/", token=TOKEN, output=tmp_path, with_logs=False, plugin_packets=("a.b", "c&d"))
    assert web.asked[0][0] == f"{PATH}?basic_server_logs=false&plugin_packets=a.b&plugin_packets=c%26d"


def test_over_the_local_socket(socket_web, zip_answer, tmp_path):
    socket_web.answers[PATH] = zip_answer
    done = download(local=socket_web.path, output=tmp_path)
    assert done.path.name == NAME
    assert "Authorization" not in socket_web.asked[0][1]


@pytest.mark.parametrize(
    ("status", "tree", "words"),
    [
        (*app_error(401, "api.context.session_expired.app_error"), "the token is not accepted"),
        (*app_error(403, "api.context.permissions.app_error"), "no system administrator"),
        (*app_error(403, "api.restricted_system_admin"), "RestrictSystemAdmin"),
        (*app_error(403, "api.no_license", "E10 or E20 license required"), "supportpacket generate"),
        (*app_error(403, "api.unable_to_create_zip_file"), "no permission is missing"),
        (*app_error(403, "api.unable_to_read_file_from_backend"), "file store"),
        (*app_error(500, "api.something.app_error", "Broken.", "sql: no rows"), "Broken. sql: no rows"),
        (*app_error(501, "api.something.app_error"), "supportpacket generate"),
    ],
)
def test_every_refusal_is_one_line_with_advice(web, answer, tmp_path, status, tree, words):
    web.answers[PATH] = answer.json(tree, status)
    with pytest.raises(SourceError) as caught:
        download(server=web.url, token=TOKEN, output=tmp_path)
    text = str(caught.value)
    assert words in text
    assert f"answers {status}" in text
    assert "\n" not in text
    assert TOKEN not in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (502, b"<html><h1>502 Bad Gateway</h1></html>", "a proxy got no answer"),
        (504, b"<!DOCTYPE html><p>Gateway Time-out", "a proxy did not wait long enough"),
        (503, b"", "not available"),
        (404, b"404 page not found", "is this a Mattermost server"),
        (429, b"limit exceeded", "too many requests"),
        (200, b"<html>Sign in</html>", "a proxy or a login stands before"),
        (200, b"hello", "sends no zip"),
        (200, b"", "sends nothing"),
        (418, b"teapot", "not how a Mattermost server answers"),
    ],
)
def test_answers_of_something_else(web, answer, tmp_path, status, body, words):
    web.answers[PATH] = answer(status, body)
    with pytest.raises(SourceError, match=words):
        download(server=web.url, token=TOKEN, output=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cut_stream_leaves_nothing(web, answer, bundled, tmp_path):
    web.answers[PATH] = answer(200, bundled.read_bytes()[:100_000], cut=True)
    with pytest.raises(SourceError, match="broke off"):
        download(server=web.url, token=TOKEN, output=tmp_path)
    web.answers[PATH] = answer(200, bundled.read_bytes()[:100_000])  # cut by whoever closes the stream in good order
    with pytest.raises(SourceError, match="the packet is cut after"):
        download(server=web.url, token=TOKEN, output=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_token_goes_to_another_host(web, other_web, answer, zip_answer, tmp_path):
    other_web.answers[PATH] = zip_answer
    web.answers[PATH] = answer(302, b"", {"Location": other_web.url + PATH})
    with pytest.raises(SourceError, match=r"redirects to 127.0.0.1:.* where the token is not sent"):
        download(server=web.url, token=TOKEN, output=tmp_path)
    assert other_web.asked == []
    web.answers[PATH] = answer(307, b"", {"Location": "https://" + web.url.removeprefix("http://") + PATH})
    with pytest.raises(SourceError, match="redirects to"):
        download(server=web.url, token=TOKEN, output=tmp_path)


def test_a_redirect_on_the_same_server_is_followed(web, answer, zip_answer, tmp_path):
    web.answers[PATH] = answer(301, b"", {"Location": "/sub" + PATH})
    web.answers["/sub" + PATH] = zip_answer
    assert download(server=web.url, token=TOKEN, output=tmp_path).complete
    web.answers["/sub" + PATH] = answer(301, b"", {"Location": PATH})
    with pytest.raises(SourceError, match="in a circle"):
        download(server=web.url, token=TOKEN, output=tmp_path / "x")


def test_nobody_listens(misbehaving, tmp_path):
    with pytest.raises(SourceError, match=r"cannot be reached .* supportpacket generate"):
        download(server=misbehaving("down").url, token=TOKEN, output=tmp_path)
    with pytest.raises(SourceError, match=r"local socket .* cannot be reached"):
        download(local=tmp_path / "no.socket", output=tmp_path)


def test_garbage_and_hanging(misbehaving, tmp_path, monkeypatch):
    with pytest.raises(SourceError, match="broke off"):
        download(server=misbehaving("garbage").url, token=TOKEN, output=tmp_path)
    monkeypatch.setattr("analyzer.generate.download._READ_SECONDS", 0.5)
    with pytest.raises(SourceError, match="it hangs"):
        download(server=misbehaving("hang").url, token=TOKEN, output=tmp_path)


def test_what_is_missing_is_told(web, answer, tmp_path, bundled):
    source = zipfile.ZipFile(bundled)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as content:
        for name in source.namelist():
            if name != "jobs.yaml":
                content.writestr(name, source.read(name))
        content.writestr("warning.txt", "1 error occurred:\n\t* error while getting LDAP sync jobs: made up\n\n")
    web.answers[PATH] = answer(200, packed.getvalue())
    done = download(server=web.url, token=TOKEN, output=tmp_path)
    assert done.missing == ("jobs.yaml",)
    assert len(done.warnings) == 1
    assert "LDAP sync jobs" in done.warnings[0]
    assert not done.complete


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ('attachment;filename="a.zip"', "a.zip"),
        ('attachment; filename="../../etc/passwd"', "passwd.zip"),
        ('attachment; filename="..\\..\\x.zip"', "x.zip"),
        ("attachment; filename*=UTF-8''%2Fetc%2Fcron.d%2Fx.zip", "x.zip"),
        ('attachment; filename=".hidden.zip"', "hidden.zip"),
        ('attachment; filename="a\x1b[31m\n.zip"', "a__31m_.zip"),
        ('attachment; filename="-rf.zip"', "mm_support_packet_2026-11-22T21-05.zip"),
        ('attachment; filename=""', "mm_support_packet_2026-11-22T21-05.zip"),
        (None, "mm_support_packet_2026-11-22T21-05.zip"),
        ("attachment; filename=" + "x" * 5000 + ".zip", "x" * 150 + ".zip"),
    ],
)
def test_names_are_made_safe(given, name):
    assert file_name(given, datetime(2026, 11, 22, 21, 5, tzinfo=UTC)) == name


def test_wrong_usage(tmp_path, web):
    for options in (
        {},
        {"server": web.url, "local": tmp_path},
        {"server": web.url},
        {"server": "ftp://x", "token": "t"},
    ):
        with pytest.raises(UsageError):
            download(output=tmp_path, **options)
    with pytest.raises(UsageError) as caught:
        download(server="https://ada:lovelace-pw@chat.example.org", token=TOKEN, output=tmp_path)
    assert "lovelace-pw" not in str(caught.value)


def test_an_existing_file_stays(web, zip_answer, tmp_path):
    web.answers[PATH] = zip_answer
    (tmp_path / NAME).write_text("mine")
    with pytest.raises(UsageError, match="exists already"):
        download(server=web.url, token=TOKEN, output=tmp_path)
    assert (tmp_path / NAME).read_text() == "mine"
    assert download(server=web.url, token=TOKEN, output=tmp_path, force=True).complete


def run_command(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    script = (
        "import sys; from analyzer.cli import main as m;"
        "m.COMMANDS = (*m.COMMANDS, ('download', 'analyzer.cli.download', ''));"
        "sys.exit(m.main(['download', *sys.argv[1:]]))"
    )
    import os

    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **variables},
        check=False,
    )


def test_the_command(web, answer, zip_answer, tmp_path):
    web.answers[PATH] = zip_answer
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    done = run_command("--server", web.url, "--token-file", str(token), "-o", str(tmp_path / "out"), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["path"] == str(tmp_path / "out" / NAME)
    web.answers[PATH] = answer.json(app_error(403, "api.no_license")[1], 403)
    done = run_command("--server", web.url, "-o", str(tmp_path / "out"), MM_TOKEN=TOKEN)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "supportpacket generate" in done.stderr
    assert TOKEN not in done.stderr
    done = run_command("--server", web.url)
    assert done.returncode == 2
    assert "--token-file" in done.stderr
