"""Settings that hold secrets, of plugins and of a site's own, as administrators write them: a second corpus.

Written from packet-format.md 2.7 and 7 without a look at the rules; notation as in ``corpus_messages``. A value may be a
tree: every marked text in it is a secret.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from analyzer.secrets.rules.examples import expand

PLUGINS = "PluginSettings.Plugins."
SETTINGS: tuple[tuple[str, Any], ...] = (
    ("github.encryptionkey", "[[«A32»]]"),
    ("jira.AdminAPIToken", "[[«B32»]]"),
    ("zoom.ZoomWebhookSecret", "[[«W22»]]"),
    ("servicenow.ServiceNowOAuthClientSecret", "[[«C16»]]"),
    ("msteams.clientsecret", "[[«A3»8Q~«W34»]]"),
    ("playbooks.teamstabappbotapppassword", "[[«A3»8Q~«W34»]]"),
    ("gcal.googleapplicationclientsecret", "[[GOCSPX-«W28»]]"),
    ("jitsi.jitsiappsecret", "[[«h64»]]"),
    ("bigbluebutton.Salt", "[[«A40»]]"),
    ("matrix", {"homeserver": "https://m.example.com", "as_token": "[[«A64»]]", "hs_token": "[[«h64»]]"}),
    ("calls.turnstaticauthsecret", "[[«h64»]]"),
    ("calls.rtcdserviceurl", "http://rtcd:[[«A16»]]@rtcd.example.com:8045"),
    ("calls.iceserversconfigs", [{"urls": ["turn:t:3478"], "username": "mm", "credential": "[[«C12»]]"}]),
    (
        "ai.config",
        {
            "services": [
                {"id": "«m26»", "type": "openai", "apiKey": "[[sk-proj-«W74»T3BlbkFJ«W74»]]", "tokenLimit": 16384},
                {"type": "anthropic", "apiKey": "[[sk-ant-api03-«W93»AA]]"},
                {"type": "azure", "apiKey": "[[«h32»]]", "apiURL": "https://x.example.com"},
                {"type": "bedrock", "awsSecretAccessKey": "[[«K40»]]"},
            ],
            "mcp": {"servers": {"x": {"headers": {"Authorization": "Bearer [[«W36»]]"}}}},
        },
    ),
    ("ai.llm", {"provider": "azure", "azure": {"key": "[[«h32»]]", "deployment": "gpt"}}),
    ("alerts.AlertConfigs", {"0": {"id": "0", "token": "[[«A32»]]", "alertmanagerurl": "http://a:[[«A14»]]@am:9093"}}),
    ("autolink.links", [{"Name": "x", "Template": "https://host/api?token=[[«h32»]]&id=$1"}]),
    ("welcomebot.WelcomeMessages", [{"Message": ["Hi", "VPN password is [[Qx«d4»!«a4»]]"]}]),
    ("a.oauth-client-secret", "[[«A32»]]"),
    ("b", {"Client Secret": "[[«A30»]]", "api.token": "[[«h40»]]", "API Token": "[[«W32»]]"}),
    ("c", {"ApiTokens": ["[[«A32»]]", "[[«h40»]]"], "passwords": ["[[«C12»]]"]}),
    ("d", {"tokens": {"alice": "[[«A32»]]"}, "credentials": {"elastic": "[[«C14»]]"}, "secrets": {"x": "[[«W40»]]"}}),
    ("e.BasicAuth", "admin:[[«C12»]]"),
    ("f.headers", ["Authorization: Bearer [[«W40»]]", "X-Api-Key: [[«h32»]]"]),
    ("g.jwks", {"keys": [{"kty": "RSA", "n": "«W80»", "e": "AQAB", "d": "[[«W86»]]"}]}),
    ("h.config", "auth:\n  username: svc\n  token: [[«A32»]]\nserver:\n  port: 1\n"),
    ("i.environment", "LOG=info\nDB_PASSWORD=[[«A14»]]\n"),
    ("j.settings", "<cfg><user>u</user><password>[[«A14»]]</password></cfg>"),
    ("k.hook", "curl -H 'X-Token: [[«h40»]]' https://host/x"),
    ("l", {"auth": {"type": "token", "value": "[[«A40»]]"}}),
    ("m", [{"name": "api_token", "value": "[[«A32»]]"}, {"value": "[[«C12»]]", "name": "password"}]),
    ("n", {"ldap": {"bindDN": "cn=x", "bindCredentials": "[[«C12»]]", "tlsKeyPassphrase": "[[«C12»]]"}}),
    ("o", {"hmacKeyBase64": "[[«B86»==]]", "cookieBlockKey": "[[«B42»=]]", "vapidPrivateKey": "[[«W43»]]"}),
    ("p.options", "--user=svc --password=[[«A14»]] --verbose"),
    ("q", {"passwort": "[[«C12»]]", "smtppw": "[[«C12»]]", "otp_seed": "[[«U32»]]", "mot_de_passe": "[[«C12»]]"}),
    ("r.extra", r'{"request": "{\"client_secret\": \"[[«A32»]]\"}"}'),
    ("s.webhookTemplate", '{"url":"https://host/api","headers":{"x-functions-key":"[[«A54»]]"}}'),
    ("u", {"accessKey": "«A20»", "secretKey": "[[«A40»]]", "endpoint": "minio:9000"}),
    ("v.vault", {"roleId": "«uuid»", "secretId": "[[«uuid»]]"}),
    ("t", {"url": "sftp://backup:[[«A14»]]@host/mm", "dsn": "snowflake://svc:[[«A14»]]@acme/db"}),
)
OWN: tuple[tuple[str, Any], ...] = (
    ("AcmeSettings.EncryptionKey", "[[canyon glacier silver «d2»]]"),
    ("AcmeSettings.KeyPassphrase", "[[canyon glacier«L6» silver]]"),
    ("AcmeSettings.SaltForLinks", "[[«A40»]]"),
    ("AcmeSettings.Headers", {"Authorization": "Splunk [[«uuid»]]"}),
    ("AcmeSettings.env", ["PATH=/usr/bin", "DB_PASSWORD=[[«A14»]]"]),
    ("SqlSettings.DataSource", "//****:****@user='mm' password='[[«A6»@«A4»]]' host='db' dbname='mattermost'"),
    ("SqlSettings.DataSourceReplicas", ["//****:****@host=db password=[[«A5»;«A5»,«A2»]] user=ro dbname=mattermost"]),
    ("LogSettings.AdvancedLoggingJSON", {"t": {"type": "tcp", "options": {"host": "h", "Token": "[[«h32»]]"}}}),
    ("ServiceSettings.AllowCorsFrom", "https://a.example.com https://cors:[[«A14»]]@b.example.com"),
    ("SamlSettings.IdpMetadataURL", "https://idp.example.com/metadata?code=[[«h32»]]"),
    ("AnnouncementSettings.BannerText", "Guest wifi password: [[«C12»]] - ask at the desk"),
    ("ClusterSettings.GossipEncryptionKey", "[[«B42»=]]"),
)
CLEAN: tuple[tuple[str, Any], ...] = (
    (
        PLUGINS + "x",
        {
            "maxTokens": 4096,
            "passwordPolicy": "strong-8-chars",
            "secretName": "mm-db-secret",
            "secretStore": "aws-secretsmanager",
            "keyId": "«h16»",
            "publicKey": "«B43»=",
            "apiKeyHeader": "X-Api-Key",
            "tokenURL": "https://host/oauth/token",
            "credentialsFile": "/etc/creds.json",
            "channelKey": "eng-alerts-2024",
            "projectKey": "MATTERMOST",
            "issueKey": "MM-12345",
            "cacheKey": "v2_«h8»",
            "s3Key": "exports/2026/«m26».zip",
            "monkey": "banana1234567",
            "googledomainverifykey": "«A16»",
            "tokens": {"primary": "#1c58d9", "spacing": "16px"},
            "credentials": {"type": "vault", "mode": "kubernetes", "realm": "mattermost2"},
            "translations": {"password": "Passwort", "token": "Jeton"},
            "webhookId": "«m26»",
            "secretArn": "arn:aws:secretsmanager:eu-west-1:1:secret:mm/db-AbCdEf",
        },
    ),
)


def fill(tree: Any, rng: random.Random, secrets: list[str]) -> Any:
    """Return ``tree`` with made-up parts; every marked text is added to ``secrets``."""
    if isinstance(tree, dict):
        return {key: fill(value, rng, secrets) for key, value in tree.items()}
    if isinstance(tree, list):
        return [fill(value, rng, secrets) for value in tree]
    if not isinstance(tree, str):
        return tree
    text, secret = expand(tree, rng)
    if secret:
        secrets.append(secret)
    return text


def cases(corpus: Any, rng: random.Random) -> Iterator[Any]:
    """Yield one packet a version, with every setting and with the clean ones beside them."""
    for version in corpus.VERSIONS:
        tree, planted = corpus.base_config(), []
        member = "sanitized_config.json"
        for path, value in (*((PLUGINS + path, value) for path, value in SETTINGS), *OWN, *CLEAN):
            secrets: list[str] = []
            corpus.put(tree, path, fill(value, rng, secrets))
            planted += [corpus.Planted(f"setting:{path}", secret, member) for secret in secrets]
        members = {"metadata.yaml": corpus.metadata(version), member: corpus.go_json(tree)}
        yield corpus.Case(f"settings-{version}", members, planted)
