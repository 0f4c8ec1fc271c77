"""Secrets in statements and files of other programs: SQL, JDBC, netrc, Docker's and MinIO's configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes
from analyzer.secrets.rules import checks, cuts
from analyzer.secrets.rules.names import promise
from analyzer.secrets.rules.rule import Rule
from analyzer.secrets.rules.values import judge

if TYPE_CHECKING:
    from analyzer.secrets.rules.rule import Hit, Verdict

_DATABASE: Final = "change the database user's password and the data source"
_ITEM = re.compile(rb"""\s*(?:[NE]?\\{0,3}'(?P<text>(?:[^'\\]|'')*)\\{0,3}'|(?P<bare>[^,()']*))\s*(?P<end>[,)])""")


def _column(columns: str) -> int:
    """Return the index of the first column whose name promises a secret, or -1."""
    for index, name in enumerate(columns.replace("\\", "").split(",")):
        if promise(name.strip(' `"[]\r\n\t')) != "none":
            return index
    return -1


def inserted(hit: Hit) -> bool:
    """Cut out the value of the column that promises a secret."""
    wanted = _column(hit.group("columns"))
    if wanted < 0:
        return False
    at, limit = hit.start, hit.end
    for index in range(wanted + 1):
        found = _ITEM.match(hit.block, at, limit)
        if found is None:
            return False
        if index == wanted:
            hit.start, hit.end = found.span("text")
            return hit.end > hit.start
        if found["end"] == b")":
            return False
        at = found.end()
    return False


def inserted_value(hit: Hit) -> Verdict:
    """A value written into such a column, unless it is a mask, a hash of a password or a template."""
    if hit.value.startswith(("$2a$", "$2b$", "$2y$", "pbkdf2", "{", ":", "@")):
        return "drop"
    return judge("password", hit.value, quoted=True, loose=False)


def oracle_password(hit: Hit) -> Verdict:
    """``user/password@``: not a mask or a template."""
    return "drop" if shapes.is_clean(hit.value) or hit.value.lower() == "password" else "ok"


def stated(hit: Hit) -> Verdict:
    """What is no word and no mask."""
    mixed = shapes.has_mixture(hit.value) or shapes.changes_case(hit.value)
    return "drop" if shapes.is_clean(hit.value) or not mixed else "ok"


def login_answer(hit: Hit) -> Verdict:
    """The answer decodes to printable text; a status line has no letters."""
    plain = checks.decode_base64(hit.value)
    if plain is None or hit.value.isdigit() or len(plain) < 3:
        return "drop"
    try:
        return "ok" if plain.decode().isprintable() else "drop"
    except UnicodeDecodeError:
        return "drop"


def decoded(value: str) -> tuple[str, tuple[str, ...]]:
    """Return the text that base64 stands for."""
    return (checks.decode_base64(value) or b"").decode("utf-8", "replace"), ("base64",)


STATEMENTS: Final[tuple[Rule, ...]] = (
    Rule(
        id="sql-insert",
        kind="assigned-secret",
        pattern=r"insert into [^\s(]{1,80} ?\((?P<columns>[^()]{3,1000})\)"
        r"[ \\nrt]{1,8}values[ \\nrt]{0,8}\((?P<secret>[^\r\n]{3,2000}?\))",
        trigger=r"insert into [^\s(]{1,80} ?\(",
        keywords=("insert into ",),
        nocase=True,
        cut=inserted,
        checks=(inserted_value,),
        confidence="medium",
        priority=4,
        remedy="change that credential where it is valid, and stop what writes it to this file",
        source="statements that databases quote in their errors",
        true=(
            "INSERT INTO integrations (id, api_key, name) VALUES (3, '[[«A32»]]', 'x')",
            "insert into UserAccessTokens (Id, Token, UserId) values ('«m26»', '[[«m26»]]', '«m26»')",
            "INSERT INTO users (id, \"Password\") VALUES (1, '[[«C12»]]');",
        ),
        false=(
            "INSERT INTO Tokens (Token, CreateAt) VALUES ($1, $2)",
            "INSERT INTO Users (Id, Password) VALUES (?, ?)",
            "INSERT INTO Users (Id, Username) VALUES ('«m26»', 'bob')",
            "INSERT INTO Sessions (Id, Token) VALUES ('«m26»', '****')",
        ),
    ),
    Rule(
        id="oracle-jdbc",
        kind="database-password",
        pattern=r"""jdbc:oracle:(?:thin|oci8?):[^\s/@"']{1,60}/(?P<secret>[^\s@"'/]{1,100})@""",
        trigger=r"""jdbc:oracle:(?:thin|oci8?):[^\s/@"']{1,60}/""",
        keywords=("jdbc:oracle:",),
        checks=(oracle_password,),
        priority=3,
        remedy=_DATABASE,
        source="docs.oracle.com: JDBC URLs",
        true=("jdbc:oracle:thin:mm/[[«C12»]]@//db:1521/ORCL",),
        false=("jdbc:oracle:thin:@//db:1521/ORCL", "jdbc:oracle:thin:mm/****@db"),
    ),
    Rule(
        id="netrc-password",
        kind="assigned-secret",
        pattern=r"machine[ \t]{1,4}[^\s]{1,100}[ \t]{1,4}login[ \t]{1,4}[^\s]{1,100}[ \t]{1,4}password[ \t]{1,4}"
        r"""(?P<secret>[^\s"'\\]{3,200})""",
        trigger=r"machine[ \t]{1,4}[^\s]{1,100}[ \t]{1,4}login[ \t]",
        keywords=("machine",),
        checks=(checks.not_clean,),
        priority=4,
        remedy="change that account's password",
        source="ftp(1): .netrc",
        true=("machine git.example.com login ci password [[«C12»]]",),
        false=("machine h login ci password ****", "the machine has a login password is set"),
    ),
    Rule(
        id="registry-auth",
        kind="basic-password",
        pattern=r"auth\\{0,7}\"[ ]?:[ ]?\\{0,7}\"(?P<secret>[A-Za-z0-9+/]{8,1024}={0,2})\\{0,7}\"",
        trigger=r"auth\\{0,7}\"[ ]?:[ ]?\\{0,7}\"[A-Za-z0-9+/]{8}",
        keywords=('auth"', "auth\\"),
        checks=(checks.basic_pair,),
        reveal=checks.password_of_pair,
        priority=5,
        remedy="change that account's password, and log in to the registry again",
        source="docs.docker.com: config.json of docker login; npm's _auth",
        true=('{"auths":{"registry.example.com":{"auth":"[[«basic»]]"}}}', r'{"msg":"{\"auth\":\"[[«basic»]]\"}"}'),
        false=('{"auth":"kerberos5"}', '{"auth":"bm9jb2xvbg=="}'),
    ),
    Rule(
        id="minio-alias",
        kind="s3-secret-key",
        pattern=r"mc (?:alias set|config host add)(?: [^\s]{1,200}){3} (?P<secret>[^\s\"'\\]{8,128})",
        trigger=r"mc (?:alias set|config host add) ",
        keywords=("mc alias set", "mc config host add"),
        cut=cuts.bare,
        checks=(checks.not_clean,),
        priority=4,
        remedy="make a new access key for that user and delete the old one",
        source="min.io/docs: mc alias set",
        true=("mc alias set local http://minio:9000 mm [[«A20»]]: exit 1",),
        false=("mc alias set local http://minio:9000 mm ****", "mc alias set"),
    ),
    Rule(
        id="set-command",
        kind="assigned-secret",
        pattern=r"(?:config|configure) set (?P<name>[A-Za-z0-9_.-]{3,120}) "
        r"(?P<open>(?:\\{0,7}[\"'])?)(?P<secret>[^\s\"'`\\]{3,400})",
        trigger=r"(?:config|configure) set [A-Za-z]",
        keywords=("config set ", "configure set "),
        cut=cuts.quoted_value,
        checks=(cuts.named_value,),
        confidence="medium",
        priority=4,
        remedy="change that credential where it is valid",
        source="mmctl config set, aws configure set, npm config set",
        true=(
            "mmctl config set LdapSettings.BindPassword [[«C12»]]",
            "aws configure set aws_secret_access_key [[«K40»]]",
        ),
        false=(
            "mmctl config set PasswordSettings.MinimumLength 10",
            "mmctl config set SqlSettings.DriverName postgres",
        ),
    ),
    Rule(
        id="stated-password",
        kind="assigned-secret",
        pattern=r"(?:mattermost user password [^\s]{1,64} |requirepass |masterauth "
        r"|ConvertTo-SecureString (?:-String )?)(?P<open>(?:\\{0,7}[\"'])?)(?P<secret>[^\s\"'`\\]{3,200})",
        trigger=r"(?:mattermost user password |requirepass |masterauth |ConvertTo-SecureString )",
        keywords=("mattermost user password ", "requirepass ", "masterauth ", "ConvertTo-SecureString "),
        cut=cuts.quoted_value,
        checks=(stated,),
        confidence="medium",
        priority=4,
        remedy="change that password",
        source="mattermost(1), redis.conf, PowerShell",
        true=(
            "mattermost user password bob [[«C12»]]",
            "requirepass [[«A20»]]",
            'ConvertTo-SecureString "[[«C12»]]" -AsPlainText -Force',
        ),
        false=(
            "requirepass is not set",
            "mattermost user password bob ****",
            "ConvertTo-SecureString $pw -AsPlainText",
        ),
    ),
    Rule(
        id="smb-user",
        kind="assigned-secret",
        pattern=r"smbclient [^\r\n|;]{0,160}?(?:-U ?|--user[ =])[^\s%]{1,60}%(?P<secret>[^\s\"'`\\]{3,200})",
        trigger=r"smbclient [^\r\n|;]{0,160}(?:-U|--user)",
        keywords=("smbclient ",),
        wide=True,
        reach=200,
        checks=(checks.not_clean,),
        priority=4,
        remedy="change that account's password",
        source="smbclient(1)",
        true=("smbclient //h/share -U svc%[[«C12»]]",),
        false=("smbclient //h/share -U svc", "smbclient -U svc%****"),
    ),
    Rule(
        id="smtp-login",
        kind="smtp-password",
        pattern=r"UGFzc3dvcmQ6(?:\\[rn]|\\u003[ce]|[\s<>:-]|SMTP|[CS]:){1,20}(?P<secret>[A-Za-z0-9+/]{4,200}={0,2})",
        trigger=r"UGFzc3dvcmQ6",
        keywords=("UGFzc3dvcmQ6",),
        right="A-Za-z0-9+/=",
        checks=(login_answer,),
        reveal=decoded,
        priority=4,
        remedy="change the SMTP account's password and EmailSettings.SMTPPassword",
        source="AUTH LOGIN: the answer to the base64 of Password:",
        true=("334 UGFzc3dvcmQ6\r\n> [[«login»]]", r"S: 334 UGFzc3dvcmQ6\nC: [[«login»]]"),
        false=("334 UGFzc3dvcmQ6", "334 UGFzc3dvcmQ6\n535 5.7.8"),
    ),
    Rule(
        id="pgpass-password",
        kind="database-password",
        pattern=r":(?:5432|5433|6432):[A-Za-z0-9_*-]{1,64}:[A-Za-z0-9_.@*-]{1,64}:(?P<secret>[^\s:\"'\\]{4,100})",
        keywords=(":5432:", ":5433:", ":6432:"),
        left="",
        cut=cuts.bare,
        checks=(stated,),
        confidence="medium",
        priority=4,
        remedy=_DATABASE,
        source="PostgreSQL: the password file, host:port:database:user:password",
        true=("db.example.com:5432:mattermost:mmuser:[[«C12»]]",),
        false=("db:5432:mattermost:mmuser:****", "[::1]:5432: connect", "10.0.0.1:5432:x"),
    ),
    Rule(
        id="putty-private-key",
        kind="private-key",
        pattern=r"Private-Lines: \d{1,3}(?:\r?\n|\\r|\\n){1,4}(?P<secret>(?:[A-Za-z0-9+/=]|\r?\n|\\[rn]){100,4096})",
        trigger=r"Private-Lines: \d{1,3}",
        keywords=("Private-Lines: ",),
        left="",
        checks=(checks.pem_body,),
        priority=1,
        remedy="make a new key pair and remove the old public key where it is trusted",
        source="PuTTY: the form of its key files",
        true=("Private-Lines: 14\n[[«B64»\n«B64»]]", r"Private-Lines: 4\r\n[[«B64»\r\n«B64»]]"),
        false=("Private-Lines: 14", "Public-Lines: 6\n«B64»"),
    ),
)
