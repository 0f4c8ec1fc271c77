"""Secrets under a name that promises one: settings, fields, variables, flags, in every way of writing them."""

from __future__ import annotations

from typing import Final

from analyzer.secrets.rules import cuts
from analyzer.secrets.rules.names import WORDS
from analyzer.secrets.rules.rule import Rule

_NAMES: Final = "(?:" + "|".join(WORDS) + ")"
# rest of the name, closing quote or bracket of the name at any depth of escaping, separator, opening quote
_ASSIGN: Final = (
    rf"""{_NAMES}(?P<name>[A-Za-z0-9_.-]{{0,40}})(?P<close>(?:\\{{0,7}}["'`])?\]?)"""
    # Go's spew prints "(string) (len=14)" before the value
    r"""(?P<sep>[ \t]{0,4}(?:=>|:=|==?|:)[ \t]{0,8}(?:\(string\) ?(?:\(len=\d{1,5}\) ?)?)?|>)"""
    r"""(?P<open>[\[{(]?(?:\\{0,7}["'`])?)(?P<secret>[^\s"'`])"""
)
_FLAG: Final = (
    rf"""{_NAMES}(?P<name>[A-Za-z0-9_-]{{0,20}})[ \t]{{1,4}}["']?(?P<secret>[^\s"'`\\-][^\s"'`\\]{{3,400}})"""
)

_PAIR: Final = (
    rf"""{_NAMES}(?P<name>[A-Za-z0-9_.-]{{0,40}})\\{{0,7}}["'][, \t]{{1,4}}\\{{0,7}}["']?(?:value|content)"""
    r"""\\{0,7}["']?[ ]?[:=][ ]?(?P<open>\\{0,7}["'])(?P<secret>[^\s"'`])"""
)
_SPOKEN_WORDS: Final = (
    "password",
    "passphrase",
    "token",
    "api key",
    "secret key",
    "access key",
    "license key",
    "auth key",
)
_SPOKEN_NAMES: Final = "(?:" + "|".join(_SPOKEN_WORDS) + ")"
_SPOKEN: Final = (
    rf"""(?P<name>{_SPOKEN_NAMES})(?: is| to| was)?[ :]{{1,2}}(?P<open>\\{{0,7}}["'])?(?P<secret>[^\s"'`\\]{{8,200}})"""
)
_COMMAND_WORDS: Final = ("ldapsearch", "ldapmodify", "ldapwhoami", "ldapadd", "redis-cli", "sshpass", "mysql")
_COMMANDS: Final = "(?:ldapsearch|ldapmodify|ldapwhoami|ldapadd|redis-cli|sshpass|mysql(?:dump|admin)?)"

ASSIGNED: Final[tuple[Rule, ...]] = (
    Rule(
        id="assigned-secret",
        kind="assigned-secret",
        pattern=_ASSIGN,
        keywords=WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=_ASSIGN.replace("?P<name>", "?:")
        .replace("?P<close>", "?:")
        .replace("?P<sep>", "?:")
        .replace("?P<open>", "?:")
        .replace("?P<secret>", "?:"),
        gate=cuts.promising,
        cut=cuts.assignment,
        checks=(cuts.assigned,),
        generic=True,
        priority=8,
        remedy="change that credential where it is valid, and stop what writes it to this file",
        source="the names that Mattermost, its plugins and their libraries use; packet-format.md 4 and 7",
        true=(
            '{"msg":"x","password":"[[«C14»]]","user":"mm"}',
            r'{"msg":"request {\"client_secret\":\"[[«A32»]]\",\"grant\":\"x\"}"}',
            r'{"msg":"a {\\\"apiKey\\\":\\\"[[«A32»]]\\\"}"}',
            'error="bad" api_key=[[«A32»]] next=1',
            "config: {Username:mm Password:[[«C12»]] Token:«A1»}",
            '&Config{Server:"h", Password:"[[«C12»]]", N:1}',
            "MM_SQLSETTINGS_ATRESTENCRYPTKEY=x\nAWS_SECRET_ACCESS_KEY=[[«K40»]]\n",
            "  smtp_password: [[«C12»]]\n",
            "<password>[[«C12»]]</password>",
            "map[X-Api-Key:[[[«A32»]]] Accept:[*/*]]",
            "Server=h;User Id=u;Password=[[«C10»]];Encrypt=true",
            '{"token_id":"[[«a64»]]"}',
        ),
        false=(
            '{"TokenEndpoint":"https://host/token","MaxTokens":4096}',
            '{"password":"********************************"}',
            "Invalid password: incorrect",
            '{"token_id":"«m26»"}',
            '{"next_page_token":"«A40»"}',
            '{"key":"TURNStaticAuthSecret","secret":true}',
            "password=${SMTP_PASSWORD} secret=<your-secret-here>",
            "token=0xc000123abc password:0xc000123abc",
            '"PrivateKeyFile": "saml-private.key"',
            "pkg.(*Service).GetTokenSource(0xc000, 0x1)",
        ),
    ),
    Rule(
        id="flag-secret",
        kind="assigned-secret",
        pattern=_FLAG,
        keywords=WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=rf"""{_NAMES}[A-Za-z0-9_-]{{0,20}}[ \t]{{1,4}}["']?[^\s"'`\\-][^\s"'`\\]{{3}}""",
        gate=cuts.promising,
        cut=cuts.bare,
        checks=(cuts.flag_value,),
        generic=True,
        priority=9,
        remedy="change that credential; pass it in a file or the environment, not on the command line",
        source="usual command lines: mmctl, mysql, kubectl, docker",
        true=("mmctl auth login https://h --password [[«C12»]] --name x", '{"msg":"run: tool --api-key [[«A32»]] -v"}'),
        false=("the password «C12» is not shown", "--password-file /etc/secret", "use --token to log in"),
    ),
    Rule(
        id="paired-secret",
        kind="assigned-secret",
        pattern=_PAIR,
        keywords=WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=_PAIR.replace("?P<name>", "?:").replace("?P<open>", "?:").replace("?P<secret>", "?:"),
        gate=cuts.promising,
        cut=cuts.quoted_value,
        checks=(cuts.paired,),
        generic=True,
        priority=8,
        remedy="change that credential where it is valid",
        source="environment lists of containers, .NET configuration",
        true=('{"name":"DB_PASSWORD","value":"[[«C12»]]"}', '<add key="Password" value="[[«C12»]]" />'),
        false=('{"name":"DB_PASSWORD","value":"${DB_PASSWORD}"}', '{"key":"SMTPPassword","type":"text"}'),
    ),
    Rule(
        id="spoken-secret",
        kind="assigned-secret",
        pattern=_SPOKEN,
        keywords=_SPOKEN_WORDS,
        nocase=True,
        left="A-Za-z0-9_-",
        confidence="medium",
        trigger=rf"""{_SPOKEN_NAMES}(?: is| to| was)?[ :]{{1,2}}(?:\\{{0,7}}["'])?[^\s"'`\\]{{8}}""",
        cut=cuts.bare,
        checks=(cuts.spoken,),
        generic=True,
        priority=9,
        remedy="change that credential where it is valid, and stop what writes it to this file",
        source="error texts of services: the value follows its name in a sentence",
        true=(
            "API key [[«A32»]] is not valid",
            "password '[[«C12»]]' rejected",
            "License key: [[«A40»]]",
            "token [[«m26»]] is invalid",
        ),
        false=(
            "password authentication failed",
            "token bucket-full-rate",
            "secret 'mm-license' not found",
            "token «uuid»",
        ),
    ),
    Rule(
        id="command-password",
        kind="assigned-secret",
        pattern=rf"""{_COMMANDS} [^\r\n|;]{{0,160}}?-(?:[wa] |p ?)["']?(?P<secret>[^\s"'`\\-][^\s"'`\\]{{3,200}})""",
        keywords=_COMMAND_WORDS,
        confidence="medium",
        trigger=rf"{_COMMANDS} [^\r\n|;]{{0,160}}-[wap]",
        wide=True,
        reach=200,
        checks=(cuts.command_value,),
        generic=True,
        priority=7,
        remedy="change that password; pass it in a file or the environment, not on the command line",
        source="ldapsearch(1), mysql(1), redis-cli, sshpass(1)",
        true=(
            "ldapsearch -x -D cn=admin,dc=x -w [[«C12»]] -b dc=x",
            "mysql -u root -p[[«C12»]] db",
            "sshpass -p '[[«C12»]]' ssh h",
        ),
        false=("mysql -h db -p mattermost", "ldapsearch -W -b dc=x", "redis-cli -p 6379"),
    ),
)
