"""Secrets of Mattermost itself: sessions, personal and bot tokens, webhooks, invitations, public links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes
from analyzer.secrets.rules import checks, cuts
from analyzer.secrets.rules.names import is_no_secret
from analyzer.secrets.rules.rule import Rule

if TYPE_CHECKING:
    from analyzer.secrets.rules.rule import Hit, Verdict

_SESSION: Final = (
    "revoke the session or the personal access token in the user's security settings (or with mmctl token revoke)"
)
_HOOK: Final = "delete the webhook and make a new one: whoever knows its URL can post"


def session_token(hit: Hit) -> Verdict:
    """Session, personal and bot tokens are ``model.NewId``: 26 lower-case letters and digits."""
    return "ok" if any(c.isdigit() for c in hit.value) and hit.value == hit.value.lower() else "drop"


def named_token(hit: Hit) -> Verdict:
    """The name before must not be one of the tokens that are no secret (``next_page_token``)."""
    return "drop" if is_no_secret(cuts.name_before(hit.block, hit.match.start()) + "token") else "ok"


def hook_id(hit: Hit) -> Verdict:
    """``/hooks/`` is followed by an id; words there are routes."""
    return "ok" if shapes.is_mattermost_id(hit.value) or sum(c.isdigit() for c in hit.value) >= 2 else "drop"


def beside_key_type(hit: Hit) -> Verdict:
    """A JSON web key names its type."""
    around = hit.block[max(0, hit.match.start() - 4096) : hit.end + 1024]
    return "ok" if b'"kty' in around else "drop"


PACKET: Final[tuple[Rule, ...]] = (
    Rule(
        id="mattermost-session-token",
        kind="mattermost-token",
        pattern=r"(?:session token|useraccesstoken id: token|session_token|sessiontoken|mmauthtoken|useraccesstoken|personal access token"  # noqa: E501
        r"|bot access token|bot token|access token|invalid token|token)(?:\\{0,7}[\"'])?[ ]?[=:][ ]?(?:\\{0,7}[\"'])?(?P<secret>[a-z0-9]{26})",  # noqa: E501
        trigger=r"(?:token)(?:\\{0,7}[\"'])?[ ]?[=:][ ]?(?:\\{0,7}[\"'])?[a-z0-9]{26}",
        keywords=(
            "session token",
            "useraccesstoken",
            "session_token",
            "sessiontoken",
            "mmauthtoken",
            "personal access token",
            "bot access token",
            "bot token",
            "access token",
            "invalid token",
            "token",
        ),
        nocase=True,
        left="",
        right="A-Za-z0-9_+/=%.-",
        checks=(session_token, named_token),
        confidence="medium",
        priority=5,
        remedy=_SESSION,
        source="packet-format.md 8.1: web/handlers.go logs the token of an unknown session whole",
        true=(
            '{"msg":"Invalid session","error":"GetSession: Invalid session token=[[«m26»]], err="}',
            "UserAccessToken id: token=[[«m26»]]",
            "Cookie: MMAUTHTOKEN=[[«m26»]]; MMUSERID=«m26»; MMCSRF=«m26»",
            '{"token":"[[«m26»]]"}',
            r'{"msg":"body {\"token\":\"[[«m26»]]\"}"}',
        ),
        false=(
            '{"token_id":"«m26»"}',
            '{"user_id":"«m26»","request_id":"«m26»"}',
            "token: «a25»",
            "csrf_token_id=«m26»",
        ),
    ),
    Rule(
        id="mattermost-webhook",
        kind="webhook-url",
        pattern=r"/hooks/(?:commands/)?(?P<secret>[a-z0-9]{26})",
        keywords=("/hooks/", r"\/hooks\/"),
        trigger=r"/hooks/(?:commands/)?[a-z0-9]{26}",
        left="",
        right="A-Za-z0-9_-",
        checks=(hook_id,),
        confidence="medium",
        priority=2,
        remedy=_HOOK,
        source="mm:server/channels/web/webhook.go: /hooks/{id:[A-Za-z0-9]+}",
        true=(
            '{"path":"/hooks/[[«m26»]]","msg":"x"}',
            "POST https://chat.example.com/hooks/[[«m26»]] 404",
            "/hooks/commands/[[«m26»]]",
        ),
        false=('{"path":"/api/v4/hooks/incoming"}', "/hooks/incoming/list", "/api/v4/channels/«m26»/members"),
    ),
    Rule(
        id="mattermost-url-token",
        kind="mattermost-token",
        pattern=r"(?:signup_user_complete|reset_password_complete|do_verify_email|login/one_time_link|login/token|magic_link)"
        r"[^\s\"'<>\\]{0,200}?(?:[?&]|\\u0026)(?:token|t)=(?P<secret>[a-z0-9]{26,64})",
        trigger=r"(?:signup_user_complete|reset_password_complete|do_verify_email|login/one_time_link|login/token|magic_link)",
        keywords=(
            "signup_user_complete",
            "reset_password_complete",
            "do_verify_email",
            "login/one_time_link",
            "login/token",
            "magic_link",
        ),
        left="",
        right="A-Za-z0-9_-",
        checks=(session_token,),
        priority=3,
        remedy="the link works once or until it expires: invite again, and let the user reset the password",
        source="mm:server/channels/app/email: links with a token of 64 characters",
        true=("https://h/reset_password_complete?token=[[«a64»]]", r"/signup_user_complete/?d=x\u0026t=[[«a64»]]"),
        false=("/reset_password_complete?token=expired", "/do_verify_email"),
    ),
    Rule(
        id="jwt",
        kind="jwt",
        pattern=r"(?P<secret>eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{16,1500})",
        keywords=("eyJ",),
        trigger=r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16}",
        right="A-Za-z0-9_-",
        checks=(checks.jwt_header,),
        priority=3,
        remedy="end the session it belongs to, and rotate the signing key if the issuer's key may have leaked",
        source="RFC 7519",
        true=("token [[«jwt»]] rejected", '{"error":"Get \\"https://h/?x\\": [[«jwt»]]"}'),
        false=("eyJhbGciOi.short.x", "eyJ alone"),
    ),
    Rule(
        id="private-key",
        kind="private-key",
        pattern=r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?P<secret>(?:[A-Za-z0-9+/=:,.\s\x00-]|\\{1,7}[rn])"  # noqa: E501
        r"{60,12000}?)-----END (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        keywords=("-----BEGIN",),
        trigger=r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        left="",
        checks=(checks.pem_body,),
        priority=0,
        remedy="make a new key pair and have the certificate reissued; remove the old public key where it is trusted",
        source="RFC 7468, RFC 4716, openssh",
        true=(
            "-----BEGIN RSA PRIVATE KEY-----[[\\n«B64»\\n«B64»\\n«B30»==\\n]]-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----[[\n«B64»\n«B64»\n«B30»==\n]]-----END PRIVATE KEY-----",
            '{"key":"-----BEGIN OPENSSH PRIVATE KEY-----[[\\\\n«B70»\\\\n«B70»\\\\n]]-----END OPENSSH PRIVATE KEY-----"}',  # noqa: E501
        ),
        false=(
            "-----BEGIN CERTIFICATE-----\n«B64»\n-----END CERTIFICATE-----",
            "-----BEGIN PUBLIC KEY-----\n«B64»\n-----END PUBLIC KEY-----",
        ),
    ),
    Rule(
        id="cut-private-key",
        kind="private-key",
        pattern=r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----(?P<secret>(?:[A-Za-z0-9+/=]|\\{1,7}[rn]|\s){120,4096})",  # noqa: E501
        keywords=("-----BEGIN",),
        trigger=r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY-----",
        left="",
        checks=(checks.pem_body,),
        priority=1,
        remedy="make a new key pair and have the certificate reissued",
        source="LogSettings.MaxFieldSize cuts log fields at 2048 bytes (packet-format.md 4.1)",
        true=("-----BEGIN RSA PRIVATE KEY-----[[\\n«B64»\\n«B64»\\n«B30»]]...",),
        false=("-----BEGIN RSA PRIVATE KEY-----",),
    ),
    Rule(
        id="der-private-key",
        kind="private-key",
        pattern=r"(?P<secret>MII[A-Za-z0-9+/]{1,4}IB(?:ADANBgkq|AAKCA)[A-Za-z0-9+/]{100,16000}={0,2})",
        keywords=("MII",),
        trigger=r"MII[A-Za-z0-9+/]{1,4}IB(?:ADANBgkq|AAKCA)",
        left="A-Za-z0-9+/",
        priority=1,
        remedy="make a new key pair and have the certificate reissued; remove the old public key where it is trusted",
        source="RFC 5208 and RFC 8017: base64 of PKCS #8 and PKCS #1 without the lines around it",
        true=(
            '{"privateKey":"[[MIIEvQIBADANBgkqhkiG9w0BAQEFAASC«B300»]]"}',
            "rsa=[[MIIEpAIBAAKCAQEA«B300»]]",
        ),
        false=("MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A«B200»", "MIIDdzCCAl+gAwIBAgIE«B200»"),
    ),
    Rule(
        id="jwk-private",
        kind="private-key",
        pattern=r"\"d\\{0,7}\"[ ]?:[ ]?\\{0,7}\"(?P<secret>[A-Za-z0-9_-]{40,1400})\\{0,7}\"",
        keywords=('"d"', '"d\\'),
        trigger=r"\"d\\{0,7}\"[ ]?:[ ]?\\{0,7}\"[A-Za-z0-9_-]{40}",
        left="",
        checks=(beside_key_type,),
        priority=2,
        remedy="make a new key pair and publish its public part; remove the old one",
        source="RFC 7517 and RFC 7518: the member d is private",
        true=(
            '{"kty":"EC","crv":"P-256","x":"«W43»","y":"«W43»","d":"[[«W43»]]"}',
            r'{"msg":"{\"kty\":\"RSA\",\"n\":\"«W80»\",\"d\":\"[[«W86»]]\"}"}',
        ),
        false=('{"kty":"RSA","n":"«W80»","e":"AQAB"}', '{"d":"«W43»"}'),
    ),
    Rule(
        id="sql-password",
        kind="database-password",
        pattern=r"(?:identified by|with (?:encrypted )?password|encrypted password|set password)[ =]{1,4}(?:password )?\\{0,3}'(?P<secret>[^'\r\n]{3,200}?)\\{0,3}'",  # noqa: E501
        trigger=r"(?:identified by|with (?:encrypted )?password|encrypted password|set password)[ =]{1,4}(?:password )?\\{0,3}'",  # noqa: E501
        keywords=("identified by", "with password", "with encrypted password", "encrypted password", "set password"),
        nocase=True,
        checks=(checks.not_clean,),
        priority=4,
        remedy="change the database user's password and the data source",
        source="PostgreSQL and MySQL: CREATE USER, ALTER USER",
        true=("ALTER USER mm WITH PASSWORD '[[«C12»]]';", "CREATE USER x IDENTIFIED BY '[[«C12»]]'"),
        false=("ALTER USER mm WITH PASSWORD '****'", "with password authentication"),
    ),
    Rule(
        id="smtp-auth",
        kind="smtp-password",
        pattern=r"AUTH PLAIN (?P<secret>[A-Za-z0-9+/]{8,400}={0,2})",
        trigger=r"AUTH PLAIN [A-Za-z0-9+/]{8}",
        keywords=("AUTH PLAIN ",),
        checks=(checks.plain_sasl,),
        reveal=checks.password_of_sasl,
        priority=4,
        remedy="change the SMTP account's password and EmailSettings.SMTPPassword",
        source="RFC 4616, RFC 4954",
        true=("C: AUTH PLAIN [[«sasl»]]",),
        false=("250 AUTH PLAIN LOGIN CRAM-MD5", "AUTH PLAIN mechanisms"),
    ),
)
