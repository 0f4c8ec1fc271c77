"""Messages that hold one secret each, gathered from what servers, plugins and their libraries print: a second corpus.

Written from packet-format.md and from other programs' documentation without a look at the rules. A line is a kind and a
text in the notation of ``analyzer.secrets.rules.rule``: the secret in ``[[...]]``, made-up parts as ``«A36»``.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Any

from analyzer.secrets.rules.examples import expand

MESSAGES: tuple[tuple[str, str], ...] = (
    # the server's own
    ("session", "GetSession: Invalid session token=[[«m26»]], err=sql: no rows in result set"),
    ("session", "Set-Cookie: MMAUTHTOKEN=[[«m26»]]; Path=/; Max-Age=15552000; HttpOnly"),
    ("session", "GET /api/v4/websocket?token=[[«m26»]] HTTP/1.1"),
    ("session", 'websocket message {"seq":1,"action":"authentication_challenge","data":{"token":"[[«m26»]]"}}'),
    ("personal-token", "mmctl auth login https://chat.example.com --name x --access-token [[«m26»]]"),
    ("personal-token", "Bot created. Access token: [[«m26»]]"),
    ("invitation", "https://chat.example.com/reset_password_complete?token=[[«a64»]]"),
    ("webhook", 'Post "https://chat.example.com/hooks/[[«m26»]]": context deadline exceeded'),
    ("slash-command", "token=[[«m26»]]&team_id=«m26»&team_domain=eng&command=%2Fdeploy&text=prod"),
    ("outgoing-webhook", '{"token":"[[«m26»]]","team_id":"«m26»","channel_name":"town-square"}'),
    ("multi-factor", "otpauth://totp/Mattermost:a@example.com?secret=[[«U32»]]&issuer=Mattermost"),
    ("login", '{"login_id":"bob","password":"[[«C12»]]","token":"","device_id":""}'),
    ("set-command", "exec: mmctl config set LdapSettings.BindPassword [[«C12»]]"),
    ("set-command", "$ mattermost user password bob [[«C12»]]"),
    ("environment", "MM_SERVICESETTINGS_SPLITKEY=[[«a32»]] HOME=/root"),
    ("environment", '["MM_LDAPSETTINGS_BINDPASSWORD=[[«C12»]]","PATH=/usr/bin"]'),
    ("config-dump", '{"gitlaboauthclientsecret":"[[«h64»]]","gitlaburl":"https://gitlab.com"}'),
    ("rtc", "failed to create rtcd client: {ClientID:«m26» AuthKey:[[«A32»]] URL:http://rtcd:8045}"),
    ("turn", 'iceServers=[{"urls":["turn:turn.example.com:3478"],"username":"x","credential":"[[«B28»]]"}]'),
    # webhooks and links of others
    ("slack", 'Post "https://hooks.slack.com/services/[[T«U9»/B«U10»/«A24»]]": dial tcp: i/o timeout'),
    ("teams", "https://x.webhook.office.com/webhookb2/[[«uuid»@«uuid»/IncomingWebhook/«h32»/«uuid»]]"),
    (
        "power-automate",
        "https://prod-1.logic.azure.com:443/workflows/«h32»/triggers/manual/paths/invoke?sv=1.0&sig=[[«W43»]]: 401",
    ),
    ("make", 'Post "https://hook.eu1.make.com/[[«a32»]]": EOF'),
    ("lark", "https://open.larksuite.com/open-apis/bot/v2/hook/[[«uuid»]]"),
    ("function-key", "https://app.azurewebsites.net/api/alert?code=[[«A54»]]"),
    ("link", "join https://acme.zoom.us/j/«d11»?pwd=[[«A32»]]"),
    ("link", "Location: https://host/cb#access_token=[[«W40»]]&token_type=bearer"),
    ("link", "401 Client Error: Unauthorized for url: https://host/v1?api_token=[[«h40»]]"),
    # data sources
    ("data-source", "dial mongodb+srv://svc:[[«C12»]]@cluster0.example.net/x?retryWrites=true failed"),
    ("data-source", "clickhouse://default:[[«A16»]]@logs.example.com:9000/x"),
    ("data-source", "imap login failed using imaps://u%40example.com:[[«A14»]]@mail.example.com:993"),
    ("data-source", "host=db port=5432 user=mm password=[[«C12»]] dbname=mm sslmode=disable"),
    ("data-source", "user=mm password='[[blue heron «d3»]]' host=db"),
    ("data-source", "jdbc:mysql://db/x?user=u&password=[[«A14»]]&useSSL=false"),
    ("data-source", "jdbc:oracle:thin:mm/[[«A12»]]@//db:1521/ORCL"),
    ("data-source", "Server=tcp:db,1433;User ID=sa;Password=[[«C12»]];Encrypt=True;"),
    ("data-source", "AccountName=acct;AccountKey=[[«B86»==]];EndpointSuffix=core.windows.net"),
    ("data-source", "mm:[[«C12»]]@tcp(db:3306)/mattermost?charset=utf8mb4"),
    # headers
    ("header", "> Authorization: Bot [[«A36»]]"),
    ("header", "> Authorization: GenieKey [[«A36»]]"),
    ("header", "> x-functions-key: [[«A54»]]"),
    ("header", "> DD-APPLICATION-KEY: [[«h40»]]"),
    ("header", "Header:map[X-Vault-Token:[[[hvs.«W90»]]] Accept:[*/*]]"),
    ("header", "curl -H 'X-Auth-Key: [[«h37»]]' https://host/x"),
    ("header", '{"PRIVATE-TOKEN"=>"[[«W20»]]"}'),
    ("header", "metadata: map[authorization:[Bearer [[«W40»]]] user-agent:[grpc-go]]"),
    ("cookie", "Cookie: lang=en; _oauth2_proxy=[[«A64»]]; theme=dark"),
    ("cookie", "Cookie: laravel_session=[[«A64»]]; theme=dark"),
    # languages and formats
    ("python", "KeyError in {'user': 'svc', 'password': '[[«C12»]]', 'n': 1}"),
    ("python", "connect(host='db', api_key='[[«A32»]]', port=5432)"),
    ("ruby", 'options {:host=>"h", :password=>"[[«C12»]]"}'),
    ("php", "['host' => 'h', 'secret' => '[[«A24»]]']"),
    ("php", "    [password] => [[«C12»]]"),
    ("javascript", "config { host: 'h', clientSecret: '[[«A32»]]', port: 1 }"),
    ("java", "Config(host=h, password=[[«A14»]], port=1)"),
    ("java", "Config{host='h', token='[[«A24»]]', port=1}"),
    ("c-sharp", "Settings { Host = h, Password = [[«A14»]], Port = 1 }"),
    ("rust", 'Config { host: "h", secret: "[[«A24»]]", tls: true }'),
    ("go-spew", '(main.Config) {\n Password: (string) (len=14) "[[«C14»]]",\n}'),
    ("go-syntax", '&main.configuration{ServerURL:"https://h", EncryptionKey:"[[«A32»]]", Enabled:true}'),
    ("terraform", '  + password           = "[[«C12»]]"'),
    ("toml", "client_secret = '[[«A32»]]'"),
    ("properties", "ssl.keystore.password=[[«C12»]]"),
    ("kubernetes", 'kind: Secret\nstringData:\n  db: "postgres://mm:[[«A16»]]@db:5432/mm"\n'),
    ("kubernetes", '- name: SMTP_PASSWORD\n  value: "[[«C12»]]"'),
    ("kubernetes", "kubectl create secret generic mm --from-literal=password=[[«C12»]]"),
    ("helm", "helm upgrade mm --set postgresql.auth.password=[[«A14»]] --set x=1"),
    ("container", "docker run -e POSTGRES_PASSWORD=[[«A14»]] -p 5432:5432 postgres:15"),
    ("container", "docker login -u acme -p [[«A14»]] registry.example.com"),
    ("container", '{"auths":{"https://index.docker.io/v1/":{"auth":"[[«basic»]]"}}}'),
    ("ansible", "ansible_become_pass: [[«C12»]]"),
    ("vault", "vault kv put secret/mm db_password=[[«C12»]] user=x"),
    ("power-shell", 'ConvertTo-SecureString "[[«C12»]]" -AsPlainText -Force'),
    ("element", "<cfg><user>u</user><password>[[«C12»]]</password></cfg>"),
    ("element", '<wsse:Password Type="PasswordText">[[«C12»]]</wsse:Password>'),
    ("pair", "config updated key=LdapSettings.BindPassword value=[[«C12»]] user=x"),
    ("pair", '{"name":"api_token","value":"[[«A32»]]"}'),
    ("statement", "INSERT INTO integrations (id, api_key, name) VALUES (3, '[[«A32»]]', 'x')"),
    ("statement", "CREATE USER 'mm'@'%' IDENTIFIED BY '[[«C12»]]'"),
    ("pgpass", "db.example.com:5432:mattermost:mmuser:[[«C12»]]"),
    ("netrc", "machine git.example.com login ci password [[«C12»]]"),
    ("ldif", "dn: uid=bob,dc=x\nuserPassword: [[«C12»]]\ncn: bob"),
    ("syslog", '<134>1 2026-01-01T00:00:00Z host app - - - login password="[[«C12»]]" user=x'),
    # command lines
    ("command", "mysqldump -h db-prod.example.com -u root -p[[«A14»]] mattermost failed"),
    ("command", "ldapsearch -x -H ldaps://rtcd-prod.example.com -D 'cn=svc,dc=a' -w '[[«C12»]]' -b dc=a"),
    ("command", "curl --user 'svc:[[«C12»]]' -X POST https://host/x"),
    ("command", "sshpass -p [[«A14»]] ssh root@10.0.0.1"),
    ("command", "smbclient //host/share -U svc%[[«A14»]]"),
    ("command", "mosquitto_pub -h mq -u mm -P [[«A14»]] -t x"),
    ("command", "aws configure set aws_secret_access_key [[«K40»]]"),
    ("command", '["--host","h","--password","[[«C12»]]","--v"]'),
    ("command", "mc alias set local http://minio:9000 mm [[«A20»]]: exit 1"),
    ("command", "redis.conf: requirepass [[«A20»]]"),
    # sentences
    ("sentence", "Temporary password for bob is [[«C12»]]"),
    ("sentence", "your api key is [[«h32»]]"),
    ("sentence", "could not authenticate with password '[[«C12»]]' for user svc"),
    ("sentence", "Password for admin: [[«C12»]]"),
    ("sentence", "Kennwort: [[«C12»]]"),
    ("sentence", "Secret key: [[«C12»]]"),
    # keys and tokens with a form
    ("private-key", "cannot parse [[MIIEvQIBADANBgkqhkiG9w0BAQEFAASC«B300»]]"),
    ("json-web-key", '{"kty":"EC","crv":"P-256","x":"«W43»","y":"«W43»","d":"[[«W43»]]"}'),
    ("smtp-dialogue", "SMTP > 334 UGFzc3dvcmQ6\nSMTP < [[«login»]]"),
    ("jwt", "body: client_assertion_type=x&client_assertion=[[«jwt»]]"),
    ("vendor", "Incorrect API key provided: [[sk-proj-«W74»T3BlbkFJ«W74»]]."),
    ("vendor", "FlyV1 [[fm2_«B120»]] rejected"),
    ("vendor", "token [[pat«A14».«h64»]] is invalid"),
    ("vendor", "using [[dt0c01.«U24».«U64»]]: 401"),
    ("vendor", "auth=[[pdus+_0XBPWQQ_«A32»]]"),
    ("vendor", "cred: [[«h36»NRAL]]"),
    ("vendor", "key [[2/1«d15»/1«d15»:«h32»]]"),
    ("vendor", "key [[«A52»JQQJ99«A26»]]"),
)


def messages(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, text, secret) of every message that marks a secret, with new made-up parts."""
    for kind, example in MESSAGES:
        text, secret = expand(example, rng)
        if secret:
            yield kind, text, secret


def spellings(secret: str) -> tuple[str, ...]:
    """Base64 of a password, or of user and password, may be reported as the password itself."""
    try:
        plain = base64.b64decode(secret, validate=True).decode()
    except ValueError:
        return ()
    return (plain, plain.partition(":")[2]) if plain.isprintable() else ()


def cases(corpus: Any, decoys: Any, rng: random.Random, rounds: int = 2) -> Iterator[Any]:
    """Yield packets with every message in JSON and, if it is one line, in plain text, amid clean lines."""
    for number in range(rounds):
        lines: dict[str, list[bytes]] = {"mattermost.log": [], "adv.log": []}
        planted = []
        for kind, text, secret in messages(rng):
            for member, make in (("mattermost.log", corpus.json_line), ("adv.log", corpus.plain_line)):
                if member == "adv.log" and "\n" in text:
                    continue
                made = (
                    make(rng, "error", "Request failed", "app/x.go:12", error=text)
                    if rng.random() < 0.5
                    else make(rng, "error", text, "app/plugin_api.go:973", plugin_id="com.example.plugin")
                )
                lines[member] += [made, *(decoys.line(corpus, rng) for _ in range(2))]
                planted.append(corpus.Planted(f"message:{kind}", secret, member, also=spellings(secret)))
        members = {name: b"".join(parts) for name, parts in lines.items()}
        members["metadata.yaml"] = corpus.metadata(rng.choice(corpus.VERSIONS[5:]))
        yield corpus.Case(f"messages-{number}", members, planted)
