"""Nothing half-written, nothing read that ought not to be, nothing told that ought not to be told."""

from __future__ import annotations

import json
import os
import secrets
import signal
import stat
import subprocess
import sys
import time
import zipfile

import pytest

import analyzer
from analyzer.errors import SourceError, UsageError
from analyzer.generate import Plan, generate, prepare

SCRIPT = (
    "import sys; from analyzer.cli import main as m;"
    "m.COMMANDS = (*m.COMMANDS, ('generate', 'analyzer.cli.generate', ''));"
    "sys.exit(m.main(['generate', *sys.argv[1:]]))"
)


def start(*arguments: str, **variables: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )


def run(*arguments: str, **variables: str) -> tuple[int, str, str]:
    process = start(*arguments, **variables)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_exit_codes_and_what_is_told(site, tmp_path):
    code, out, err = run("--config", site.save(), "-o", str(tmp_path / "out"), "--cpu-seconds", "0")
    assert code == 3  # no database, so no server id and no metadata.yaml either
    assert out.strip().endswith(".zip")
    assert "missing    2 lines in warning.txt" in err
    assert "sanitized" in err
    code, out, err = run("--config", site.save(), "-o", str(tmp_path / "out"), "--json", "-q", "--cpu-seconds", "0")
    tree = json.loads(out)
    assert code == 3
    assert tree["complete"] is False
    assert {row["name"]: row["state"] for row in tree["collectors"]}["logs"] == "done"
    assert tree["members"]["mattermost.log"] > 0
    assert err == ""
    for arguments in (
        ("--config", str(tmp_path / "nowhere.json")),
        (),
        ("--config", site.save(), "--target-version", "eleven"),
        ("--config", site.save(), "--logs", str(tmp_path / "nowhere")),
        ("--config", "mysql://u:p4ssw0rd@h/d"),
        ("--config", site.save(), "-o", site.save()),
    ):
        code, out, err = run(*arguments)
        assert code == 2, arguments
        assert out == ""
        assert "Traceback" not in err
        assert "p4ssw0rd" not in err


def test_complete_is_zero(whole, tmp_path):
    code, _, err = run("--config", whole.save(), "-o", str(tmp_path / "out"), "--cpu-seconds", "1")
    assert code == 0, err


def test_the_plan_connects_to_nothing(site, tmp_path, misbehaving):
    watched = misbehaving("hang")
    for path, value in {
        "SqlSettings.DataSource": f"postgres://u:{'p' * 12}@127.0.0.1:{watched.port}/mm",
        "LdapSettings.Enable": True,
        "LdapSettings.LdapServer": "127.0.0.1",
        "LdapSettings.LdapPort": watched.port,
        "ElasticsearchSettings.EnableIndexing": True,
        "ElasticsearchSettings.ConnectionURL": watched.url,
        "EmailSettings.SendEmailNotifications": True,
        "EmailSettings.SMTPServer": "127.0.0.1",
        "EmailSettings.SMTPPort": str(watched.port),
        "MetricsSettings.Enable": True,
        "MetricsSettings.ListenAddress": f"127.0.0.1:{watched.port}",
    }.items():
        site.setting(path, value)
    code, out, _ = run("--config", site.save(), "-o", str(tmp_path / "out"), "--plan")
    assert code == 0
    assert watched.seen == 0
    assert not (tmp_path / "out").exists()
    assert list((site.folder / "data").iterdir()) == []
    assert f"database 127.0.0.1:{watched.port}/mm" in out
    assert f"LDAP 127.0.0.1:{watched.port}" in out
    assert "p" * 12 not in out
    code, out, _ = run("--config", site.save(), "--plan", "--json")
    assert {row["collector"] for row in json.loads(out)["collectors"]} >= {"host", "logs", "database", "smtp"}


def test_a_dsn_that_fails_is_named_without_its_password(tmp_path, misbehaving, site):
    password = "Zq" + secrets.token_hex(8)
    code, out, err = run(
        "--logs", str(site.folder / "logs"), "-o", str(tmp_path / "out"), "--cpu-seconds", "0",
        MM_CONFIG=f"postgres://mmuser:{password}@127.0.0.1:{misbehaving('down').port}/mm?sslmode=disable",
    )  # fmt: skip
    assert code == 3
    assert "failed to load the configuration from the database at 127.0.0.1:" in err
    assert password not in out + err
    content = zipfile.ZipFile(out.strip())
    assert "mattermost.log" in content.namelist()
    assert password.encode() not in b"".join(content.read(name) for name in content.namelist())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_nothing_half_written_stays(site, tmp_path, misbehaving, number):
    site.setting("SqlSettings.DataSource", f"postgres://u:pw@127.0.0.1:{misbehaving('hang').port}/m")
    out = tmp_path / "out"
    process = start("--config", site.save(), "-o", str(out), "--cpu-seconds", "0")
    ends = time.monotonic() + 20
    while not out.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Traceback" not in err
    assert [path.name for path in out.iterdir()] == []


def test_killed_while_writing_leaves_only_what_the_next_run_removes(site, tmp_path):
    out = tmp_path / "out"
    log = site.log()
    with log.open("a") as stream:
        for number in range(400_000):
            stream.write(f'{{"level":"info","msg":"line {number} {number * 7919 % 100003}"}}\n')
    process = start("--config", site.save(), "-o", str(out), "--cpu-seconds", "0")
    ends = time.monotonic() + 30
    while time.monotonic() < ends and not (out.exists() and list(out.iterdir())):
        time.sleep(0.002)
    process.kill()
    process.communicate(timeout=20)
    left = list(out.iterdir())
    assert all(path.name.startswith(".") and path.name.endswith(".part") for path in left)
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in left)
    for path in left:
        os.utime(path, (1, 1))
    log.write_text("")
    done = generate(Plan(site.save(), out, cpu_seconds=0))
    assert list(out.iterdir()) == [done.path]


def test_disk_full(site, tmp_path, monkeypatch):
    """A file size limit stands for a full disk: the write fails, and nothing is left behind."""
    import resource

    with site.log().open("ab") as stream:
        stream.write(b"".join(secrets.token_hex(50).encode() + b"\n" for _ in range(30_000)))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(SourceError, match="cannot be written") as caught:
            generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_advanced_logs_only_below_the_root(site, tmp_path):
    outside = tmp_path / "shadow"
    outside.write_text("root:secret\n")
    inside = site.folder / "logs" / "extra.log"
    inside.write_text("fine\n")
    (site.folder / "logs/link.log").symlink_to(outside)
    targets = {
        "a": {"type": "file", "options": {"filename": str(outside)}},
        "b": {"type": "file", "options": {"filename": "logs/../../shadow"}},
        "c": {"type": "file", "options": {"filename": "logs/link.log"}},
        "d": {"type": "file", "options": {"filename": "logs/extra.log"}},
        "e": {"type": "file", "options": {"filename": "logs/none.log"}},
        "f": {"type": "console", "options": {"out": "stdout"}},
    }
    site.setting("LogSettings.AdvancedLoggingJSON", targets)
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    content = zipfile.ZipFile(done.path)
    assert "extra.log" in content.namelist()
    assert not {"shadow", "link.log", "none.log"} & set(content.namelist())
    refused = [line for line in done.warnings if "is outside allowed logging directory" in line]
    assert len(refused) == 3
    assert [line for line in done.warnings if line.startswith("failed to read advanced log file at path logs/none.log")]
    assert b"root:secret" not in b"".join(content.read(name) for name in content.namelist())


def test_a_pipe_in_place_of_the_log_does_not_block(site, tmp_path):
    path = site.folder / "logs" / "mattermost.log"
    path.unlink()
    os.mkfifo(path)
    started = time.monotonic()
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    assert time.monotonic() - started < 8
    assert [line for line in done.warnings if line.endswith("it is no regular file")]


def test_a_log_that_grows_is_cut_where_it_was(site, tmp_path, monkeypatch):
    from analyzer.generate import pack

    path = site.folder / "logs" / "mattermost.log"
    before = path.read_bytes()
    real = pack.survey

    def grow(*arguments, **named):
        with path.open("ab") as stream:
            stream.write(b"later\n")
        return real(*arguments, **named)

    monkeypatch.setattr(pack, "survey", grow)
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    assert zipfile.ZipFile(done.path).read("mattermost.log") == before


def test_database_sessions_are_read_only(whole, postgres):
    from analyzer.generate.postgres import DatabaseFault, connected

    context = prepare(Plan(whole.save(), cpu_seconds=0)).context
    with connected(context) as reader:
        with pytest.raises(DatabaseFault, match="read-only transaction"):
            reader.rows("CREATE TABLE not_ours (x int)")
        assert reader.value("SELECT 1") == 1
        assert reader.value("SHOW statement_timeout") == "8s"


def test_facts_of_the_servers_process(site, tmp_path):
    """A process called mattermost in the server's folder: its variables count, its descriptors are counted."""
    import yaml

    program = site.folder / "mattermost"
    program.symlink_to(sys.executable)
    password = "Pv" + secrets.token_hex(8)
    process = subprocess.Popen(
        [str(program), "-c", "import time; time.sleep(60)"],
        cwd=site.folder,
        env={"MM_SERVICESETTINGS_SITEURL": "https://by.process.example", "MM_EMAILSETTINGS_SMTPPASSWORD": password},
    )
    try:
        site.log(f"mail with {password}")
        time.sleep(0.3)
        done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    finally:
        process.kill()
        process.wait(10)
    content = zipfile.ZipFile(done.path)
    server = yaml.safe_load(content.read("diagnostics.yaml"))["server"]
    assert server["process_id"] == process.pid
    assert server["open_file_descriptors"] >= 3
    assert server["max_file_descriptors"] > 0
    assert abs(server["started_at"].timestamp() - time.time()) < 60
    assert (
        json.loads(content.read("sanitized_config.json"))["ServiceSettings"]["SiteURL"] == "https://by.process.example"
    )
    assert password.encode() not in content.read("mattermost.log")


def test_go_version_of_a_program(go):
    from pathlib import Path

    from analyzer.generate.collectors.host import go_version

    said = subprocess.run([go, "version"], capture_output=True, text=True, check=True).stdout.split()[2]
    real = subprocess.run([go, "env", "GOROOT"], capture_output=True, text=True, check=True).stdout.strip()
    assert go_version(Path(real) / "bin" / "go") == said
    assert go_version(Path(sys.executable)) is None


def test_wrong_plans(site, tmp_path):
    for options in ({"cpu_seconds": 61}, {"cpu_seconds": -1}, {"target_version": "x"}, {"plugins": tmp_path / "no"}):
        with pytest.raises(UsageError):
            prepare(Plan(site.save(), tmp_path, **options))


def test_the_packet_scans_clean(site, tmp_path):
    """What was replaced is known as an example string to our own scanner."""
    password = "Tr0ub4dor&3-" + secrets.token_hex(4)
    site.setting("LdapSettings.BindPassword", password)
    site.log(
        json.dumps({"level": "error", "password": password}),
        f'Get "https://h/?access_token={secrets.token_hex(20)}": EOF',
    )
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    result = analyzer.scan([str(done.path)])
    clear = [row for row in result.findings.itertuples() if row.confidence != "low"]
    assert not [row for row in clear if row.member != "mattermost.log"]


ODD = {
    "SqlSettings": "a text",
    "LdapSettings": {"Enable": True, "LdapServer": 7, "LdapPort": "many"},
    "EmailSettings": {
        "SendEmailNotifications": True,
        "SMTPPort": {"a": 1},
        "SMTPServer": None,
        "SMTPServerTimeout": "x",
    },
    "PluginSettings": {"Enable": True, "Plugins": ["x"], "PluginStates": 3},
    "LogSettings": {"AdvancedLoggingJSON": [1, 2], "FileLocation": {"x": 1}},
    "ExperimentalAuditSettings": {"AdvancedLoggingJSON": '{"a": 1, "b": {"type": "file", "options": 3}}'},
    "FileSettings": {"DriverName": "carrier pigeon"},
    "ElasticsearchSettings": {"EnableIndexing": True, "ConnectionURL": "not a url"},
    "MetricsSettings": {"Enable": True, "ListenAddress": "nonsense"},
    "OpenIdSettings": {"Enable": True, "DiscoveryEndpoint": "::::"},
    "SamlSettings": {"Enable": True, "IdpMetadataURL": "http://[broken"},
    "ServiceSettings": {"SiteURL": ["x"], "EnableLocalMode": True, "LocalModeSocketLocation": 3},
    "TeamSettings": None,
    "ClusterSettings": {"Enable": "yes"},
}


def test_settings_of_wrong_kinds_cost_their_own_part_only(site, tmp_path):
    site.config.clear()
    site.config.update(ODD)
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=1))
    names = set(zipfile.ZipFile(done.path).namelist())
    assert {"diagnostics.yaml", "sanitized_config.json", "mattermost.log", "warning.txt"} <= names
    with analyzer.open_packet(str(done.path)) as opened:
        assert not [p for p in opened.problems if p.stage not in ("server", "find")]


def test_a_deeply_nested_configuration(site, tmp_path):
    from pathlib import Path

    path = Path(site.save())
    secret = "Zz" + secrets.token_hex(8)
    for depth in (300, 100_000):
        path.write_text('{"a":' * depth + json.dumps({"Password": secret}) + "}" * depth)
        site.log(f"said {secret}")
        done = generate(Plan(str(path), tmp_path / "out", cpu_seconds=0, logs=site.folder / "logs"))
        content = zipfile.ZipFile(done.path)
        assert "mattermost.log" in content.namelist()
        joined = b"".join(content.read(name) for name in content.namelist())
        assert secret.encode() not in joined, depth


def test_a_secret_in_a_profile_is_replaced_and_the_profile_still_opens(bundled, tmp_path):
    """The string table of a profile may hold labels; a replacement of the same length keeps the protobuf whole."""
    import gzip

    from analyzer.generate import pack
    from analyzer.generate.base import RawFile
    from analyzer.redact.redactor import Redactor

    data = zipfile.ZipFile(bundled).read("heap.prof")
    name = b"runtime.mallocgc" if b"runtime.mallocgc" in gzip.decompress(data) else b"runtime.main"
    redactor = Redactor()
    redactor.learn(name.decode())
    items = [RawFile("heap.prof", data), RawFile("cpu.prof", zipfile.ZipFile(bundled).read("cpu.prof"))]
    surveyed = pack.survey(items, redactor)
    packed = pack.write(tmp_path / "x.zip", items, redactor, surveyed, lambda _left: b"")
    assert packed.replaced["heap.prof"] >= 1
    content = zipfile.ZipFile(tmp_path / "x.zip")
    out = content.read("heap.prof")
    assert name not in gzip.decompress(out)
    profile = analyzer.read_profile(out)
    assert len(profile.samples) == len(analyzer.read_profile(data).samples)


def test_a_database_of_another_kind_is_said(site, tmp_path):
    site.setting("SqlSettings.DriverName", "mysql")
    site.setting("SqlSettings.DataSource", "mm:pw-of-mysql@tcp(127.0.0.1:1)/m")
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, target_version="9.11.0"))
    assert "error while getting DB version: a mysql database is not read, only PostgreSQL" in done.warnings
    content = zipfile.ZipFile(done.path)
    assert b"database_type: mysql" in content.read("support_packet.yaml")
    assert b"pw-of-mysql" not in b"".join(content.read(name) for name in content.namelist())


def test_the_room_is_its_main_function(site, tmp_path):
    """``analyzer.generate(plan)`` works however often it is called, although importing the room takes its name."""
    import analyzer.generate as room

    for _ in range(2):
        done = room(room.Plan(site.save(), tmp_path / "out", cpu_seconds=0))
        assert done.path.exists()


def test_a_version_that_is_known_late_decides_the_defaults(whole, tmp_path, postgres):
    """No log and no flag tells the version, only the database: its settings are written, not those of later releases."""
    with postgres.connect() as connection:
        connection.execute("UPDATE systems SET Value = '9.11.0' WHERE Name = 'Version'")
    try:
        done = generate(Plan(whole.save(), tmp_path / "out", cpu_seconds=0, with_logs=False))
    finally:
        with postgres.connect() as connection:
            connection.execute("UPDATE systems SET Value = '11.9.0' WHERE Name = 'Version'")
    assert done.version == "9.11.0"
    assert done.layout == "v1"
    config = json.loads(zipfile.ZipFile(done.path).read("sanitized_config.json"))
    assert "CacheSettings" not in config
    assert "BleveSettings" in config
    assert "GfycatAPIKey" not in config["ServiceSettings"]


def test_without_the_extra(site, tmp_path):
    """Without the libraries of the extra ``generate`` the rest is still collected, and it is said what to install."""
    blocked = tmp_path / "blocked"
    blocked.mkdir()
    (blocked / "sitecustomize.py").write_text(
        "import sys\nfor name in ('psycopg', 'ldap3', 'httpx'):\n    sys.modules[name] = None\n"
    )
    site.setting("SqlSettings.DataSource", "postgres://u:p@127.0.0.1:1/m")
    site.setting("LdapSettings.Enable", True)
    code, out, err = run(
        "--config", site.save(), "-o", str(tmp_path / "out"), "--cpu-seconds", "0", PYTHONPATH=str(blocked)
    )
    assert code == 3, err
    assert "mattermost.log" in zipfile.ZipFile(out.strip()).namelist()
    assert "pip install '.[generate]'" in err
    assert "Traceback" not in err
