"""Secrets in statements and files of other programs: SQL, JDBC, netrc, Docker's and MinIO's configuration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes
from analyzer.secrets.rules import checks
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
        checks=(checks.not_clean,),
        priority=4,
        remedy="make a new access key for that user and delete the old one",
        source="min.io/docs: mc alias set",
        true=("mc alias set local http://minio:9000 mm [[«A20»]]",),
        false=("mc alias set local http://minio:9000 mm ****", "mc alias set"),
    ),
)
