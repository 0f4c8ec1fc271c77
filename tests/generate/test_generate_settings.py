"""Reading the configuration: forms of data sources, overrides by the environment, defaults and order, masks."""

from __future__ import annotations

import json
import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import UsageError
from analyzer.format.credentials import ACCOUNT_NAMES, CREDENTIALS
from analyzer.format.versions import parse_version
from analyzer.generate.sanitize import environment_secrets, sanitize, url_secrets, without_credentials
from analyzer.generate.scrub import scrub
from analyzer.generate.settings import dsn, load, with_defaults
from analyzer.generate.settings.defaults import catalogue, completed, names, spelled
from analyzer.generate.settings.environment import flat, overrides

MASK = "*" * 32
V11 = parse_version("11.6.0")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        # the server's own form, parameters sorted and unescaped (packet-format.md 2.7.3)
        ("postgres://mm:pw@db:5432/mattermost?sslmode=disable&connect_timeout=10", "postgres://****:****@db:5432/mattermost?connect_timeout=10&sslmode=disable"),
        ("postgres://db/m", "postgres://****:****@db/m"),
        ("postgresql://u:p%40ss%2Fw@[::1]:5432/m", "postgresql://****:****@[::1]:5432/m"),
        # the four quirks of the server, each of which prints a password there
        ("host=localhost user=mm password=pw dbname=m", "host=localhost user=**** password=**** dbname=m"),
        ("host=db password='a b\\'c' dbname=m sslpassword=x", "host=db password=**** dbname=m sslpassword=****"),
        ("postgres://u:p@h/d?sslpassword=x&PASSWORD=y&Password=z&a=b", "postgres://****:****@h/d?a=b"),
        ("mm:pw@tcp(db:3306)/m?charset=utf8&readTimeout=30s", "****:****@tcp(db:3306)/m?charset=utf8&readTimeout=30s"),
        ("mm:p@ss:w/o?rd@tcp(db:3306)/m", "****:****@tcp(db:3306)/m"),
        ("postgres://u:pa%ss@h/d", MASK),
        ("postgres://u:pa#ss@h/d", MASK),
        ("postgres://u:pa/ss@h/d", MASK),
        ("postgres://u:12/34@h/d", MASK),
        ("postgres://u:12?x@h/d", MASK),
        ("postgres://u:p@ss@h/d", MASK),
        ("postgres://u:p ss@h/d", MASK),
        ("something that is no data source", MASK),
        ("", ""),
    ],
)  # fmt: skip
def test_data_sources_show_everything_but_their_secrets(given, shown):
    assert dsn.sanitized(given) == shown


PASSWORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=6, max_size=24).filter(
    lambda text: any(c.isalnum() for c in text)
)


@settings(max_examples=200, deadline=None)
@given(PASSWORDS)
def test_no_password_is_shown_whatever_it_holds(password):
    secret = "Q7" + password + "zK9"
    quoted = secret.replace("\\", "\\\\").replace("'", "\\'")
    for text in (
        f"postgres://mm:{secret}@db:5432/m?sslmode=disable",
        f"host=db user=mm password='{quoted}' dbname=m",
        f"mm:{secret}@tcp(db:3306)/m",
    ):
        assert secret not in dsn.sanitized(text)
        assert secret not in dsn.place(text)
        assert secret not in scrub(f"cannot parse {text}", [secret])
    assert secret in dsn.credentials(f"host=db password='{quoted}'")[0]
    assert secret in dsn.credentials(f"mm:{secret}@tcp(db:3306)/m")[0]


def test_what_only_go_drivers_know_is_not_given_to_libpq():
    assert (
        dsn.for_psycopg("postgres://u:p@h/d?binary_parameters=yes&sslmode=disable")
        == "postgres://u:p@h/d?sslmode=disable"
    )
    assert dsn.for_psycopg("host=h binary_parameters=yes dbname=d") == "host=h dbname=d"


def test_overrides_by_the_environment_as_the_server_reads_them():
    stored = {"TeamSettings": {"SiteName": "stored"}, "VendorSettings": {"Level": 3}}
    found = overrides(
        {
            "MM_TEAMSETTINGS_SITENAME": "from env",
            "mm_servicesettings_readtimeout": "77",
            "MM_SERVICESETTINGS_WRITETIMEOUT": "soon",  # no number: ignored
            "MM_SERVICESETTINGS_IDLETIMEOUT": "0x10",
            "MM_PLUGINSETTINGS_ENABLE": "T",
            "MM_METRICSSETTINGS_ENABLE": "yes",  # no boolean of Go's
            "MM_SQLSETTINGS_DATASOURCEREPLICAS": "a b",
            "MM_MESSAGEEXPORTSETTINGS_GLOBALRELAYSETTINGS_SMTPPASSWORD": "deep",
            "MM_LOGSETTINGS_ADVANCEDLOGGINGJSON": '{"a": 1}',
            "MM_EXPERIMENTALAUDITSETTINGS_ADVANCEDLOGGINGJSON": "{",
            "MM_PLUGINSETTINGS_PLUGINS": '{"x.y": {"k": "v"}}',
            "MM_FEATUREFLAGS_APPSENABLED": "true",
            "MM_VENDORSETTINGS_LEVEL": "4",
            "MM_NOSUCHSETTINGS_X": "1",
            "MM_TEAMSETTINGS": "1",
            "MM_LICENSE": "x",
            "TEAMSETTINGS_SITENAME": "no prefix",
        },
        dict(flat(stored)),
    )
    assert found == {
        "TeamSettings.SiteName": "from env",
        "ServiceSettings.ReadTimeout": 77,
        "PluginSettings.Enable": True,
        "SqlSettings.DataSourceReplicas": ["a", "b"],
        "MessageExportSettings.GlobalRelaySettings.SMTPPassword": "deep",
        "LogSettings.AdvancedLoggingJSON": {"a": 1},
        "PluginSettings.Plugins": {"x.y": {"k": "v"}},
        "FeatureFlags.AppsEnabled": True,
        "VendorSettings.Level": 4,
    }


def test_keys_in_any_case_are_spelled_as_the_server_does(tmp_path):
    tree = spelled(
        {"servicesettings": {"SITEURL": "x"}, "PluginSettings": {"plugins": {"My.Plugin": {"KeY": 1}}}, "Odd": 1}
    )
    assert tree == {
        "ServiceSettings": {"SiteURL": "x"},
        "PluginSettings": {"Plugins": {"My.Plugin": {"KeY": 1}}},
        "Odd": 1,
    }


def test_defaults_of_a_release_and_the_order_of_its_structs(bundled):
    import zipfile

    real = json.loads(zipfile.ZipFile(bundled).read("sanitized_config.json"))
    made = completed({"TeamSettings": {"SiteName": "x"}, "MadeUp": {"k": 1}}, V11)
    assert made["TeamSettings"]["SiteName"] == "x"
    assert made["MadeUp"] == {"k": 1}
    del made["MadeUp"]
    # section for section and key for key what a real 11.6 server writes
    assert list(made) == list(real)
    for section in real:
        assert list(made[section]) == list(real[section]), section


def test_a_configuration_that_is_complete_stays_as_it_is(bundled):
    import zipfile

    real = json.loads(zipfile.ZipFile(bundled).read("sanitized_config.json"))
    assert json.dumps(completed(real, V11)) == json.dumps(real)


@pytest.mark.parametrize(
    ("version", "has", "has_not"),
    [
        ("8.1.9", "ServiceSettings.GfycatAPIKey", "CacheSettings.CacheType"),
        ("9.11.0", "NotificationLogSettings.EnableFile", "CacheSettings.CacheType"),
        ("11.6.0", "CacheSettings.CacheType", "NotificationLogSettings.EnableFile"),
        ("11.6.0", "SqlSettings.AtRestEncryptKey", "BleveSettings.IndexDir"),
        ("12.0.0", "CacheSettings.CacheType", "SqlSettings.AtRestEncryptKey"),
    ],
)
def test_settings_come_and_go_with_releases(version, has, has_not):
    paths = dict(flat(completed({}, parse_version(version))))
    assert has in paths
    assert has_not not in paths


def test_the_catalogue_is_sound():
    paths = [(row.path, row.since) for row in catalogue()]
    assert len(paths) == len(set(paths))
    assert names()["sqlsettings.datasource"] == "SqlSettings.DataSource"
    for row in catalogue():
        for edge in (row.since, row.until):
            assert edge is None or parse_version(edge) is not None


def test_loading_a_file(tmp_path):
    path = tmp_path / "config" / "config.json"
    path.parent.mkdir()
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"TeamSettings": {"SiteName": "x"}}).encode())  # edited with a BOM
    loaded = with_defaults(load(str(path), {"MM_TEAMSETTINGS_MAXUSERSPERTEAM": "9"}), V11)
    assert loaded.fault is None
    assert loaded.folder == tmp_path
    assert loaded.origin == f"file://{path}"
    assert loaded.overridden == ("TeamSettings.MaxUsersPerTeam",)
    assert loaded.get("TeamSettings.MaxUsersPerTeam") == 9
    assert loaded.text("TeamSettings.SiteName") == "x"
    assert loaded.get("LogSettings.EnableFile") is True
    assert loaded.path("logs") == tmp_path / "logs"
    assert "x" not in repr(loaded).partition(":")[2].replace(str(path), "")
    with pytest.raises(UsageError, match="no such configuration"):
        load(str(tmp_path / "none"), {})


def test_every_row_of_the_table_is_masked():
    tree: dict = {}
    planted = {}
    for path in (*(row.path for row in CREDENTIALS if row.holds == "secret"), *ACCOUNT_NAMES):
        *sections, name = path.split(".")
        level = tree
        for section in sections:
            level = level.setdefault(section, {})
        planted[path] = level[name] = "v" + secrets.token_hex(8)
    clean = sanitize(tree, target=V11)
    shown = dict(flat(clean.tree))
    for path, value in planted.items():
        assert shown[path] == MASK, path
        assert value in clean.secrets
    assert set(planted) <= set(clean.masked)


def test_always_masked_even_when_empty_and_others_not():
    tree = {row.path.partition(".")[0]: {} for row in CREDENTIALS}
    for row in CREDENTIALS:
        section, _, name = row.path.partition(".")
        if row.holds == "secret" and "." not in name and "[" not in name:
            tree[section][name] = ""
    shown = dict(flat(sanitize(tree, target=V11).tree))
    for row in CREDENTIALS:
        if row.path in shown and row.holds == "secret":
            assert shown[row.path] == (MASK if row.masked == "always" else ""), row.path


def test_plugin_settings_declared_or_not():
    manifest = {
        "id": "a.b",
        "settings_schema": {
            "settings": [
                {"key": "Token", "secret": True},
                {"key": "Label"},
                {"key": "Count"},
                {"key": "EmptySecret", "secret": True},
            ],
            "sections": [{"settings": [{"key": "Inner", "secret": True}]}],
        },
    }
    plugins = {
        "a.b": {
            "token": "t1",
            "label": "shown",
            "count": 7,
            "inner": ["t2"],
            "other": "t3",
            "flag": True,
            "number": 12,
            "emptysecret": "",
        },
        "gone": {"x": "t4"},
    }
    tree = {"PluginSettings": {"Plugins": plugins}}
    shown = sanitize(tree, target=V11, manifests=[manifest]).tree["PluginSettings"]["Plugins"]
    assert shown == {
        "a.b": {
            "token": MASK,
            "label": "shown",
            "count": 7,
            "inner": MASK,
            "other": MASK,
            "flag": True,
            "number": 12,
            "emptysecret": MASK,
        },
        "gone": {},
    }
    # without manifests no text is trusted
    shown = sanitize(tree, target=V11).tree["PluginSettings"]["Plugins"]
    assert shown["a.b"]["label"] == MASK
    assert shown["gone"] == {"x": MASK}


def test_urls_in_any_setting():
    text = "https://u:p%40@h/x?api_key=k1&page=2, http://tok1234@h2 and //no/url"
    shown = without_credentials(text)
    assert shown == "https://****:****@h/x?api_key=****&page=2, http://****:****@h2 and //no/url"
    assert set(url_secrets(text)) >= {"p%40", "p@", "u", "tok1234", "k1,"} or "k1" in " ".join(url_secrets(text))
    tree = {"SamlSettings": {"IdpURL": "https://a:b@h/"}, "SupportSettings": {"HelpLink": "https://h/?q=1"}}
    assert sanitize(tree, target=V11).tree == {
        "SamlSettings": {"IdpURL": "https://****:****@h/"},
        "SupportSettings": {"HelpLink": "https://h/?q=1"},
    }


def test_secrets_of_the_environment():
    found = environment_secrets(
        {
            "MM_CONFIG": "postgres://u:pw-of-config@h/d",
            "MM_ANY_API_KEY": "key-of-env",
            "MM_SERVICESETTINGS_SITEURL": "https://u:pw-of-url@h",
            "MM_TEAMSETTINGS_SITENAME": "no secret",
            "HOME_TOKEN": "not the server's",
        }
    )
    assert {"pw-of-config", "key-of-env", "pw-of-url"} <= set(found)
    assert not {"no secret", "not the server's"} & set(found)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ('FATAL: password authentication failed for user "mmuser"', "mmuser"),
        ("invalid dsn: missing '=' after \"postgres://u:hunter2@h\"", "hunter2"),
        ("could not connect: password=hunter2 host=h", "hunter2"),
        ("token: 'hunter2'", "hunter2"),
        ("dial http://u:hun@ter2@h:9200/: refused", "ter2"),
        ("it said hunter2 again", "hunter2"),
    ],
)
def test_exceptions_texts_are_scrubbed(text, gone):
    assert gone not in scrub(text, ["hunter2"])
    assert "\n" not in scrub(text + "\nmore", [])
