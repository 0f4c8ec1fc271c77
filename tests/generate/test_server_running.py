"""What only a running server knows comes from there: over REST with a token, or over its local socket."""

from __future__ import annotations

import json
import secrets
import zipfile

import yaml

from analyzer.generate import Plan, generate

MASK = "*" * 32


def answers(web, answer, config) -> None:
    base = "/api/v4"
    web.answers |= {
        f"{base}/config/client": answer.json({"Version": "11.8.2", "BuildHash": "cafebabe1234567"}),
        f"{base}/license/client": answer.json(
            {
                "IsLicensed": "true",
                "Id": "t6prh96nki8dijpehyn4p7m6ma",
                "Company": "Example Gardens",
                "Users": "100",
                "SkuShortName": "professional",
                "IsTrial": "false",
            }
        ),
        f"{base}/config": answer.json(config),
        f"{base}/plugins": answer.json(
            {
                "active": [{"id": "two", "name": "Two", "version": "0.1.0"}],
                "inactive": [{"id": "com.example.one", "version": "1"}],
            }
        ),
        f"{base}/cluster/status": answer.json([]),
        f"{base}/analytics/old": answer.json(
            [
                {"name": "total_websocket_connections", "value": 42},
                {"name": "total_master_db_connections", "value": 7},
                {"name": "total_read_db_connections", "value": 0},
                {"name": "channel_open_count", "value": 3},
            ]
        ),
    }


def check(done, site) -> None:
    content = zipfile.ZipFile(done.path)
    tree = yaml.safe_load(content.read("diagnostics.yaml"))
    assert tree["server"]["version"] == "11.8.2"
    assert tree["server"]["build_hash"] == "cafebabe1234567"
    assert tree["license"] == {"company": "Example Gardens", "users": 100, "sku_short_name": "professional"}
    assert tree["websocket"] == {"connections": 42}
    assert tree["database"]["master_connections"] == 7
    # enabled means running: the server knows better than the configuration
    plugins = json.loads(content.read("plugins.json"))
    assert [m["id"] for m in plugins["enabled"]] == ["two"]
    assert [m["id"] for m in plugins["disabled"]] == ["com.example.one"]
    config = json.loads(content.read("sanitized_config.json"))
    assert config["TeamSettings"]["SiteName"] == "From the running server"
    assert "Example_Gardens" in done.path.name


def test_over_rest(site, web, conftest_module, tmp_path):
    token = "made-up-" + secrets.token_hex(9)
    password = secrets.token_hex(8)
    site.setting("SqlSettings.DataSource", f"postgres://mm:{password}@127.0.0.1:1/m")
    running = {
        "TeamSettings": {"SiteName": "From the running server"},
        "SqlSettings": {"DriverName": "postgres", "DataSource": MASK},
        "LdapSettings": {"BindPassword": MASK},
    }
    answers(web, conftest_module.Answer, running)
    site.log(f'{{"msg":"token {token}"}}')
    plan = Plan(site.save(), tmp_path / "out", cpu_seconds=0, server=web.url, token=token, target_version=None)
    done = generate(plan)
    check(done, site)
    assert {headers["Authorization"] for _, headers in web.asked} == {f"Bearer {token}"}
    content = zipfile.ZipFile(done.path)
    # what the server only gives as a mask is shown in part from the stored configuration
    sql = json.loads(content.read("sanitized_config.json"))["SqlSettings"]
    assert sql["DataSource"] == "postgres://****:****@127.0.0.1:1/m"
    joined = b"".join(content.read(name) for name in content.namelist())
    assert token.encode() not in joined
    assert password.encode() not in joined
    assert repr(plan) == f"<plan for a packet in {tmp_path / 'out'}>"


def test_over_the_local_socket_that_gives_secrets_in_clear(site, socket_web, conftest_module, tmp_path):
    """Local mode answers with the live configuration, unmasked (packet-format.md 6.2)."""
    password, undeclared = secrets.token_hex(8), secrets.token_hex(8)
    running = {
        "TeamSettings": {"SiteName": "From the running server"},
        "LdapSettings": {"BindPassword": password},
        "PluginSettings": {"Enable": True, "Plugins": {"two": {"thing": undeclared}}},
    }
    answers(socket_web, conftest_module.Answer, running)
    site.log(f'{{"msg":"bind {password}"}}')
    site.setting("ServiceSettings.EnableLocalMode", True)
    site.setting("ServiceSettings.LocalModeSocketLocation", str(socket_web.path))
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0))
    check(done, site)
    content = zipfile.ZipFile(done.path)
    config = json.loads(content.read("sanitized_config.json"))
    assert config["LdapSettings"]["BindPassword"] == MASK
    assert config["PluginSettings"]["Plugins"] == {"two": {"thing": MASK}}
    joined = b"".join(content.read(name) for name in content.namelist())
    assert password.encode() not in joined
    assert undeclared.encode() not in joined


def test_the_log_comes_from_the_server_where_the_host_has_none(site, web, conftest_module, tmp_path):
    answers(web, conftest_module.Answer, {})
    log = b'{"level":"info","msg":"from afar"}\n' * 50_000
    web.answers["/api/v4/logs/download"] = conftest_module.Answer(200, log)
    (site.folder / "logs/mattermost.log").unlink()
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, server=web.url, token="t" * 20))
    assert zipfile.ZipFile(done.path).read("mattermost.log") == log


def test_a_refusing_server_costs_nothing_else(site, web, conftest_module, tmp_path):
    web.answers["/api/v4/config/client"] = conftest_module.Answer.json(
        {"id": "api.context.session_expired.app_error", "message": "Invalid or expired session."}, 401
    )
    done = generate(Plan(site.save(), tmp_path / "out", cpu_seconds=0, server=web.url, token="t" * 20))
    assert "error while asking the server: answers 401: Invalid or expired session." in done.warnings
    assert {"mattermost.log", "sanitized_config.json"} <= set(zipfile.ZipFile(done.path).namelist())
