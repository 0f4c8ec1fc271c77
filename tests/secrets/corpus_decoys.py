"""Lines that only look as if they held a secret: ids, sums, names of things, references, templates, sentences.

Notation as in ``corpus_messages``, without marks.
"""

from __future__ import annotations

import random
from typing import Any

from analyzer.secrets.rules.examples import expand

DECOYS: tuple[str, ...] = (
    # sentences with the words
    "Invalid password: user not found",
    "Your password must contain at least 8 characters",
    "password is required",
    "password is base64-encoded",
    "password for bob is incorrect",
    "token bucket: 32 tokens",
    "token refreshed, expires in 3599s",
    "Refreshing token for user «m26»",
    "token for user: «m26»",
    "token 'ci-runner-03' expired",
    "secret 'postgres-creds-2024' updated",
    "API key 'prod-key-2' last used 3d ago",
    "API key id=«uuid» disabled",
    "License key: expired",
    "the wifi password: see wiki",
    "Pass: phase1",
    "pass 1/3: building index",
    "bypass=false passthrough: enabled compass: north",
    "Bearer authentication required for API key access",
    'WWW-Authenticate: Digest realm="x", nonce="«h32»", opaque="«h32»"',
    "Unexpected token < in JSON at position 0",
    # empty, masked, templates, references
    "config: {Host:h Password: UseTLS:true Token: CreateAt:1700000000000}",
    "MM_EMAILSETTINGS_SMTPPASSWORD= POSTGRES_PASSWORD_FILE=/run/secrets/pg",
    '{"password":"(unset)","token":"sha256:…","apiKey":"map[]","secret":"(hidden)"}',
    "password=**** token=<redacted> secret=[FILTERED] api_key=xxxxx",
    "password: !vault |",
    "password: ENC[AES256_GCM,data:abc,iv:def]",
    "password = var.db_password",
    "password = data.aws_secretsmanager_secret_version.x.secret_string",
    "password: {{ .Values.db.password }}",
    "token: process.env.TOKEN,",
    "password = request.form['password']",
    "secretKey := *cfg.FileSettings.AmazonS3SecretAccessKey",
    "secret_arn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod-x1Y2z3",
    "secret: projects/123/secrets/db/versions/latest",
    "secret_ref: kv/mattermost#password",
    "postgres://user:password@localhost:5432/db",
    "curl -u user:password https://example.com -H 'Authorization: Bearer <token>'",
    "https://www.example.com/?password=<password>&token={token}&key=%s",
    "token must start with xoxb- or ghp_ or glpat-, like sk-...wXyZ",
    # ids, sums, public things
    "rtc_session=«m26» call_id=«m26»",
    "device token android_rn:«A22»:APA91b«W134»",
    "apple_rn-v2:«h64»",
    "X-Hub-Signature-256: sha256=«h64»",
    "Sec-WebSocket-Key: «B22»==",
    'If-None-Match: W/"«h32»"',
    "integrity: sha512-«B86»==",
    "script-src 'self' 'sha256-«B43»='",
    "code_challenge=«W43»&code_challenge_method=S256",
    "state=«W43»&session_state=«uuid»",
    "idempotency-key: «uuid» dedup_key=«h40» object_key=data/«m26»/file.png",
    "layer sha256:«h64» pulled",
    "passkey registered id=«W43»",
    "candidate:«d10» 1 udp «d10» 10.0.0.1 8443 typ host ufrag «A16»",
    "-----BEGIN CERTIFICATE-----\\n«B64»\\n«B64»\\n-----END CERTIFICATE-----",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5«B48» user@host",
    "password hash: $argon2id$v=19$m=65536,t=3,p=4$REDACTED",
    # names of things
    "max_token_length: 255 token_filter: lowercase,asciifolding tokenizer=standard",
    "token_uri=https://oauth2.googleapis.com/token auth_method: password",
    "private_key_path=/etc/ssl/key.pem key_password_file=/run/pw",
    "secretKeyRef name=mm key=db-url secretName: tls-mattermost",
    "GET /plugins/github/api/v1/token request_id=«m26» user_id=«m26»",
    "app.(*App).GetSessionByToken(0xc000123456, {0xc000abcdef, 0x1a})",
    "INSERT INTO Sessions (Id, Token, CreateAt) VALUES (:id, :token, :createat)",
    "UPDATE Users SET Password = $1, AuthData = $2 WHERE Id = $3",
    "CREATE TABLE IF NOT EXISTS useraccesstokens (id VARCHAR(26) PRIMARY KEY, token VARCHAR(26) NOT NULL UNIQUE)",
    "Index Cond: ((token)::text = $1)",
    'http_requests_total{path="/api/v4/users/tokens",code="200"} 12',
    "mysql -h db -p mattermost; redis-cli -p 6379; psql -W -U mm; docker login --password-stdin",
    "kubectl get secret mm -o yaml",
    "LLM usage input_tokens=812 output_tokens=99 total_tokens=911",
    '{"properties":{"password":{"type":"string","minLength":8},"token":{"$ref":"#/definitions/Token"}}}',
    '{"key":"EncryptionKey","display_name":"At Rest Encryption Key","type":"generated","secret":true,"default":null}',
    '{"fields":[{"title":"Commit","value":"«h40»"},{"title":"Password","value":"ask IT"}]}',
)


def line(corpus: Any, rng: random.Random) -> bytes:
    """Return one clean line, JSON or plain."""
    text = expand(rng.choice(DECOYS), rng)[0]
    make = corpus.json_line if rng.random() < 0.7 else corpus.plain_line
    if rng.random() < 0.5:
        return bytes(make(rng, "info", "out", "app/x.go:1", detail=text, request_id=corpus.mm_id(rng)))
    return bytes(make(rng, rng.choice(("info", "warn", "error")), text, "app/x.go:1"))


def case(corpus: Any, rng: random.Random, lines: int) -> Any:
    """Return a packet of clean lines only."""
    members = {
        "metadata.yaml": corpus.metadata("11.6.0"),
        "mattermost.log": b"".join(line(corpus, rng) for _ in range(lines)),
        "sanitized_config.json": corpus.go_json(corpus.base_config()),
    }
    return corpus.Case("decoys", members)
