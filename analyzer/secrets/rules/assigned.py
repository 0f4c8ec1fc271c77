"""Secrets under a name that promises one: settings, fields, variables, flags, in every way of writing them."""

from __future__ import annotations

from typing import Final

from analyzer.secrets.rules import cuts
from analyzer.secrets.rules.names import NAMES, WORDS
from analyzer.secrets.rules.rule import Rule

# rest of the name, closing quote or bracket of the name at any depth of escaping, separator, opening quote
_ASSIGN: Final = (
    rf"""{NAMES}(?P<name>[A-Za-z0-9_.-]{{0,40}})(?P<close>(?:\\{{0,7}}["'`])?\]?)"""
    # Go's spew prints "(string) (len=14)" before the value
    r"""(?P<sep>[ \t]{0,12}(?:=(?:>|\\u003e)|:=|==?|:(?:: )?)[ \t]{0,8}(?:\(string\) ?(?:\(len=\d{1,5}\) ?)?)?)"""
    r"""(?P<open>[\[{(]?(?:\\{0,7}["'`])?)(?P<secret>[^\s"'`])"""
)
# the bracket of an element also as Go's JSON writes it
_ELEMENT_WORDS: Final = (
    "passw",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "privatekey",
)
_ELEMENT_NAMES: Final = "(?:" + "|".join(_ELEMENT_WORDS) + ")"
_ELEMENT: Final = (
    rf"""{_ELEMENT_NAMES}(?P<name>[A-Za-z0-9_.-]{{0,40}})"""
    rf"""(?: type=\\{{0,7}}["'][^"'<>\\]{{0,100}}\\{{0,7}}["'])?"""
    r"""(?:>|\\u003e|&gt;)(?P<secret>[^\s"'<>\\&][^\r\n"'<>\\&]{2,200})(?:<|\\u003c|&lt;)/"""
)
_FLAG_FRONT: Final = rf"""{NAMES}(?P<name>[A-Za-z0-9_-]{{0,20}})[ \t]{{1,4}}["']?"""
_FLAG: Final = _FLAG_FRONT + r"""(?P<secret>[^\s"'`\\-][^\s"'`\\]{3,400})"""
_ARGUMENTS: Final = (
    *("--password", "--passwd", "--passphrase", "--token", "--secret", "--api-key", "--apikey", "--client-secret"),
    *("--auth-token", "--access-token", "--bot-token", "--access-key", "--secret-key", "--auth-key", "--private-key"),
    *("--db-password", "--admin-password", "--bind-password", "--smtp-password", "--root-password"),
)
_ARGUMENT: Final = "(?P<name>" + "|".join(_ARGUMENTS) + ")"

_VALUE_KEYS: Final = "_?(?:(?:new_?|old_?)?value|content|actual_val|base_val)"
_PAIR: Final = (
    rf"""{NAMES}(?P<name>[A-Za-z0-9_.-]{{0,40}})(?:\\{{0,7}}["'])?"""
    r"""(?:[, \t]{1,4}|(?:\\n|\r?\n)[ ]{1,20})(?P<quote>(?:\\{0,7}["'])?)"""
    rf"""{_VALUE_KEYS}(?:\\{{0,7}}["'])?[ ]?[:=][ ]?(?P<open>(?:\\{{0,7}}["'])?)(?P<secret>[^\s"'`])"""
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
_LINK: Final = r"(?: for [A-Za-z0-9_.@-]{1,40}(?: is| was|:)| is| was| to)?[ :]{1,2}"
_SPOKEN: Final = (
    rf"""(?P<name>{_SPOKEN_NAMES})(?P<link>{_LINK})(?P<open>\\{{0,7}}["'])?(?P<secret>[^\s"'`\\]{{4,200}})"""
)
_COMMAND_WORDS: Final = (
    "ldapsearch",
    "ldapmodify",
    "ldapwhoami",
    "ldapadd",
    "ldappasswd",
    "redis-cli",
    "sshpass",
    "mysql",
    "docker login",
    "podman login",
    "registry login",
    "mosquitto_",
)
_COMMANDS: Final = (
    "(?:ldapsearch|ldapmodify|ldapwhoami|ldapadd|ldappasswd|redis-cli|sshpass|mysql(?:dump|admin)?"
    "|docker login|podman login|registry login|mosquitto_(?:pub|sub))"
)

ASSIGNED: Final[tuple[Rule, ...]] = (
    Rule(
        id="assigned-secret",
        kind="assigned-secret",
        pattern=_ASSIGN,
        keywords=WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=rf"""{NAMES}[A-Za-z0-9_.-]{{0,40}}(?:\\{{0,7}}["'`])?\]?[ \t]{{0,12}}"""
        r"""(?:=(?:>|\\u003e)|:=|==?|:(?:: )?)[ \t]{0,8}[\[{(]?(?:\\{0,7}["'`])?[^\s"'`]""",
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
            "MM_SERVICESETTINGS_SPLITKEY=[[«a32»]]\nexport X=1",
            '{"password_salt":"[[«A24»]]"}',
            '{"password":"[[!«A14»]]"}',
            "ldap_pw=[[«C12»]] host=x",
            r"options {\"host\"=\u003e\"h\", \"password\"=\u003e\"[[«C12»]]\"}",
            '  + db_password           = "[[«C12»]]"',
            "userPassword:: [[«B16»]]",
            "Kennwort: [[«C10»]]",
            "map[X-Api-Key:[[[«A32»]]] Accept:[*/*]]",
            "Server=h;User Id=u;Password=[[«C10»]];Encrypt=true",
            '{"token_id":"[[«a64»]]"}',
        ),
        false=(
            '{"TokenEndpoint":"https://host/token","MaxTokens":4096}',
            '{"password":"********************************"}',
            "Invalid password: incorrect",
            "config: {Host:h Password: UseTLS:true Token: CreateAt:1700000000000}",
            '{"password":"(unset)","token":"sha256:…","apiKey":"map[]","secret":"(hidden)"}',
            '[{"title":"Password","value":"ask IT"}]',
            "Pass: phase1",
            "password: !vault |\ntoken = var.db_token secret: data.vault.x.y",
            "secret_arn=arn:aws:secretsmanager:eu-west-1:1:secret:prod-x1Y2z3",
            "SMTPPASSWORD= POSTGRES_PASSWORD_FILE=/run/secrets/pg",
            "token_filter: lowercase,asciifolding",
            'secretKey := *cfg.FileSettings.AmazonS3SecretAccessKey newPassword := props["new_password"]',
            "credentials: Optional[grpc.CallCredentials] = None",
            '{"sum":"a/monpWdOQsWkI="}\n{"timestamp":"x"}',
            '{"device_id":"android_rn:8CWc8hPwdBhtNLTrH8_xk1:«W40»"}',
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
        id="element-secret",
        kind="assigned-secret",
        pattern=_ELEMENT,
        keywords=_ELEMENT_WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=rf"""{_ELEMENT_NAMES}[A-Za-z0-9_.-]{{0,40}}(?:(?:>|\\u003e|&gt;)[^\s"'<>\\&]| type=\\{{0,7}}["'])""",
        gate=cuts.promising,
        checks=(cuts.paired,),
        generic=True,
        priority=8,
        remedy="change that credential where it is valid, and stop what writes it to this file",
        source="XML configurations and SOAP messages in error texts",
        true=(
            "<password>[[«C12»]]</password>",
            r'{"msg":"\u003cuser\u003ex\u003c/user\u003e\u003cpassword\u003e[[«C12»]]\u003c/password\u003e"}',
            '<wsse:Password Type="PasswordText">[[«C12»]]</wsse:Password>',
        ),
        false=("<password></password><token/>", "<password>****</password>", "<TokenType>Bearer</TokenType>"),
    ),
    Rule(
        id="flag-secret",
        kind="assigned-secret",
        pattern=_FLAG,
        keywords=WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=_FLAG_FRONT.replace("?P<name>", "?:") + r"""[^\s"'`\\-][^\s"'`\\]{3}""",
        gate=cuts.promising,
        cut=cuts.bare,
        checks=(cuts.flag_value,),
        generic=True,
        priority=9,
        remedy="change that credential; pass it in a file or the environment, not on the command line",
        source="usual command lines: mmctl, mysql, kubectl, docker",
        true=(
            "mmctl auth login https://h --password [[«C12»]] --name x",
            '{"msg":"run: tool --api-key [[«A32»]] -v"}',
        ),
        false=(
            "the password «C12» is not shown",
            "--password-file /etc/secret",
            'login --password-stdin caller="x"',
            "use --token to log in",
        ),
    ),
    Rule(
        id="argument-secret",
        kind="assigned-secret",
        pattern=rf"""{_ARGUMENT}\\{{0,7}}["'],[ ]?(?P<open>\\{{0,7}}["'])(?P<secret>[^\s"'`\\-])""",
        trigger=_ARGUMENT.replace("?P<name>", "?:") + r"""\\{0,7}["'],""",
        keywords=_ARGUMENTS,
        left="-",
        confidence="medium",
        cut=cuts.quoted_value,
        checks=(cuts.named_value,),
        generic=True,
        priority=8,
        remedy="change that credential; pass it in a file or the environment, not on the command line",
        source="argument lists in JSON",
        true=('["--password","[[«C12»]]"]', r'{"msg":"[\"x\", \"--api-key\", \"[[«A32»]]\"]"}'),
        false=('["--password","--verbose"]', '["--token","$TOKEN"]'),
    ),
    Rule(
        id="paired-secret",
        kind="assigned-secret",
        pattern=_PAIR,
        keywords=WORDS,
        nocase=True,
        left="",
        confidence="medium",
        trigger=_PAIR.replace("?P<name>", "?:")
        .replace("?P<quote>", "?:")
        .replace("?P<open>", "?:")
        .replace("?P<secret>", "?:"),
        gate=cuts.promising,
        cut=cuts.quoted_value,
        checks=(cuts.paired,),
        generic=True,
        priority=8,
        remedy="change that credential where it is valid",
        source="environment lists of containers, .NET configuration",
        true=(
            '{"name":"DB_PASSWORD","value":"[[«C12»]]"}',
            '<add key="Password" value="[[«C12»]]" />',
            "config updated key=LdapSettings.BindPassword value=[[«C12»]] user=x",
            '<apiKey value="[[«A32»]]"/>',
            '- name: SMTP_PASSWORD\n      value: "[[«C12»]]"',
        ),
        false=('{"name":"DB_PASSWORD","value":"${DB_PASSWORD}"}', '{"key":"SMTPPassword","type":"text"}'),
    ),
    Rule(
        id="spoken-secret",
        kind="assigned-secret",
        pattern=_SPOKEN,
        keywords=_SPOKEN_WORDS,
        nocase=True,
        left="A-Za-z0-9_/-",
        confidence="medium",
        trigger=rf"""{_SPOKEN_NAMES}{_LINK}(?:\\{{0,7}}["'][^\s"'`\\]{{4}}|[^\s"'`\\]{{8}})""",
        cut=cuts.spoken_value,
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
            "your api key is [[«h32»]]",
            "Temporary password for bob is [[«C10»]]",
            "Password for admin: [[«C12»]]",
            "the VPN password is [[Qx«d4»!«a3»]]",
            r'{"msg":"cannot log in with password \"[[«A4»\u0026«A6»4]]\" for svc"}',
        ),
        false=(
            "/plugins/github/api/v1/token request_id=«m26» user_id=«m26»",
            "password is base64-encoded",
            "password for bob is incorrect",
            "Refreshing token for user «m26»",
            "token for user: «m26»",
            "token 'ci-runner-03' expired",
            "token for «uuid» is missing",
            "password authentication failed",
            "token bucket-full-rate",
            "secret 'mm-license' not found",
            "token «uuid»",
        ),
    ),
    Rule(
        id="command-password",
        kind="assigned-secret",
        pattern=rf"""{_COMMANDS} (?:[^\r\n|;]{{0,160}}? )?-(?:[waP] |p ?)"""
        r"""(?P<open>\\{0,7}["'])?(?P<secret>[^\s"'`\\-][^\s"'`\\]{2,200})""",
        keywords=_COMMAND_WORDS,
        confidence="medium",
        trigger=rf"{_COMMANDS} (?:[^\r\n|;]{{0,160}} )?-[wapP]",
        wide=True,
        reach=200,
        cut=cuts.command_argument,
        checks=(cuts.command_value,),
        generic=True,
        priority=7,
        remedy="change that password; pass it in a file or the environment, not on the command line",
        source="ldapsearch(1), mysql(1), redis-cli, sshpass(1)",
        true=(
            "ldapsearch -x -D cn=admin,dc=x -w [[«C12»]] -b dc=x",
            "mysql -u root -p[[«C12»]] db",
            "sshpass -p '[[«C12»]]' ssh h",
            "mysqldump -u root -p[[«L14»]] db",
            "mysql -h db-prod.example.com -u root -p[[«C12»]] mm",
            "docker login -u acme -p [[«C14»]] registry.example.com",
        ),
        false=("mysql -h db -p mattermost; ls", "ldapsearch -W -b dc=x", "redis-cli -p 6379"),
    ),
)
