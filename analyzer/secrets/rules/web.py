"""Credentials in HTTP: headers, cookies, webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analyzer.secrets import shapes
from analyzer.secrets.rules import checks, cuts
from analyzer.secrets.rules.rule import Rule
from analyzer.secrets.rules.urls import url_password

if TYPE_CHECKING:
    from analyzer.secrets.rules.rule import Hit, Verdict


def bearer(hit: Hit) -> Verdict:
    """The word after ``Bearer`` is a token only if it could be one."""
    value = hit.value.rstrip(".,:;")
    if value.startswith(("AWS4-", "Credential=", "Signature")):
        return "drop"
    if len(value) < 12 or shapes.is_clean(value) or shapes.is_word(value) or shapes.is_reference(value):
        return "drop"
    return "ok" if any(c.isdigit() for c in value) or shapes.is_random(value) else "drop"


def no_id(hit: Hit) -> Verdict:
    """Ids name a session without opening it."""
    return "drop" if shapes.is_id(hit.value) else "ok"


def pair(hit: Hit) -> Verdict:
    """``user:password`` on a command line."""
    user, _, password = hit.value.partition(":")
    return "ok" if user and len(password) >= 3 and not shapes.is_clean(password) else "drop"


def only_password(hit: Hit) -> bool:
    """Cut the user off ``user:password``."""
    colon = hit.block.find(b":", hit.start, hit.end)
    if colon < 0:
        return False
    hit.start = colon + 1
    hit.end = min(hit.end, cuts.bare_end(hit.block, hit.start))
    return hit.end > hit.start


_QUOTE: Final = r"""(?:\\{0,7}["'])?"""
_ASSIGN: Final = rf"{_QUOTE}\]?[ \t]{{0,3}}[:=][ \t]{{0,3}}[\[(]?{_QUOTE}"
_BODY_BYTE: Final = r"[A-Za-z0-9._~+/-]"  # token68 of RFC 9110; its padding ends it
_SCHEME: Final = r"(?:[A-Za-z][A-Za-z0-9_-]{1,20}[ =]{1,3}(?:token=)?)?"  # each vendor has its own
_HEADER: Final = "make a new token where this one was issued"


def _webhook(name: str, keyword: str, pattern: str, example: str, where: str, source: str) -> Rule:
    return Rule(
        id=name,
        kind="webhook-url",
        pattern=pattern,
        keywords=tuple(keyword.split()),
        nocase=True,
        left="",
        true=(example, f'{{"msg":"failed","error":"Post \\"{example}\\": dial tcp: timeout"}}'),
        false=(f"https://{keyword.split(maxsplit=1)[0]}", f"see {keyword.split(maxsplit=1)[0]} for help"),
        checks=(checks.not_clean, checks.varied),
        remedy=f"delete the webhook {where} and make a new one: whoever knows its URL can post",
        source=source,
        priority=1,
    )


WEB: Final[tuple[Rule, ...]] = (
    Rule(
        id="bearer-token",
        kind="bearer-token",
        pattern=rf"bearer(?:[ \t+]{{1,3}}|%20|\\?[\"'][:, ]{{1,3}}\\?[\"'])(?P<secret>{_BODY_BYTE}{{12,4096}}={{0,2}})",
        trigger=rf"bearer(?:[ \t+]{{1,3}}|%20|\\?[\"'][:, ]{{1,3}}\\?[\"']){_BODY_BYTE}{{12}}",
        keywords=("bearer",),
        nocase=True,
        right="=_",
        cut=cuts.bare,
        checks=(bearer,),
        priority=5,
        remedy=_HEADER,
        source="RFC 6750",
        true=(
            "Authorization: Bearer [[«A40»]]",
            '{"headers":{"Authorization":["Bearer [[«m26»]]"]}}',
            "map[Authorization:[Bearer [[«A32»]]] Accept:[*/*]]",
        ),
        false=("Bearer authentication is required", "bearer token expired", "Bearer ****************"),
    ),
    Rule(
        id="basic-credentials",
        kind="basic-password",
        pattern=r"basic(?:[ \t]{1,3}|%20)(?P<secret>[A-Za-z0-9+/_-]{6,1024}={0,2})",
        trigger=r"basic(?:[ \t]{1,3}|%20)[A-Za-z0-9+/_-]{6}",
        keywords=("basic",),
        nocase=True,
        checks=(checks.basic_pair,),
        reveal=checks.password_of_pair,
        priority=5,
        remedy="change that account's password",
        source="RFC 7617",
        true=("Authorization: Basic [[«basic»]]", '{"Authorization":["Basic [[«basic»]]"]}'),
        false=("basic authentication failed", "Basic information", "basic_security"),
    ),
    Rule(
        id="authorization-header",
        kind="authorization-token",
        pattern=rf"authorization{_ASSIGN}{_SCHEME}{_QUOTE}(?P<secret>{_BODY_BYTE}{{16,2048}}={{0,2}})",
        trigger=rf"authorization{_ASSIGN}{_SCHEME}{_QUOTE}{_BODY_BYTE}{{16}}",
        keywords=("authorization",),
        nocase=True,
        left="",
        cut=cuts.bare,
        checks=(bearer,),
        confidence="medium",
        priority=6,
        remedy=_HEADER,
        source="RFC 9110 11.6.2 and vendors' own schemes",
        true=(
            "Authorization: token [[«A40»]]",
            '"Authorization":"[[«A40»]]"',
            "Authorization: Token token=[[«A20»]]",
            "Authorization: Bot [[«A36»]]",
        ),
        false=("authorization: required_permissions_missing", '"authorization":"enabled"', "Authorization: Bearer"),
    ),
    Rule(
        id="session-cookie",
        kind="session-cookie",
        pattern=r"(?:jsessionid|phpsessid|connect\.sid|sessionid|_session|grafana_session|asp\.net_sessionid|_oauth2_proxy|\.aspnetcore\.[a-z]{3,20})"
        r"=(?P<secret>[A-Za-z0-9%._~+/:-]{16,1024})",
        trigger=r"(?:jsessionid|phpsessid|connect\.sid|sessionid|_session|grafana_session|asp\.net_sessionid|_oauth2_proxy|\.aspnetcore\.[a-z]{3,20})"
        r"=[A-Za-z0-9%._~+/:-]{16}",
        keywords=(
            "jsessionid",
            "phpsessid",
            "connect.sid",
            "sessionid",
            "_session",
            "grafana_session",
            "asp.net_sessionid",
            "_oauth2_proxy",
            ".aspnetcore.",
        ),
        nocase=True,
        left="",
        cut=cuts.bare,
        checks=(bearer, no_id),
        confidence="medium",
        priority=6,
        remedy="end that session",
        source="names of session cookies of common servers",
        true=("Cookie: JSESSIONID=[[«h32»]]; Path=/",),
        false=("JSESSIONID=deleted; Path=/", "rtc_session=«m26» call_id=«m26»", "sessionid=«uuid»"),
    ),
    _webhook(
        "slack-webhook",
        "hooks.slack.com hooks.slack-gov.com",
        r"hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9_/+-]{20,120})",
        "https://hooks.slack.com/services/[[T«U8»/B«U10»/«A24»]]",
        "in the Slack app's settings",
        "docs.slack.dev: incoming webhooks",
    ),
    _webhook(
        "teams-webhook",
        "webhook.office.com outlook.office.com outlook.office365.com",
        r"(?:webhook\.office|outlook\.office(?:365)?)\.com/webhook(?:b2)?/(?P<secret>[A-Za-z0-9@/_.-]{40,300})",
        "https://x.webhook.office.com/webhookb2/[[«uuid»@«uuid»/IncomingWebhook/«h32»/«uuid»]]",
        "in the Teams channel's connectors",
        "learn.microsoft.com: incoming webhooks",
    ),
    _webhook(
        "discord-webhook",
        "discord.com/api discordapp.com/api",
        r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/(?P<secret>\d{17,20}/[A-Za-z0-9_-]{60,80})",
        "https://discord.com/api/webhooks/[[«d18»/«W68»]]",
        "in the Discord channel's settings",
        "discord.com/developers",
    ),
    _webhook(
        "google-chat-webhook",
        "chat.googleapis.com",
        r"chat\.googleapis\.com/v1/spaces/[A-Za-z0-9_-]{1,40}/messages\?(?:key=[A-Za-z0-9_-]{1,60}(?:&|\\u0026)token=)"
        r"(?P<secret>[A-Za-z0-9_%=-]{30,120})",
        "https://chat.googleapis.com/v1/spaces/AAA/messages?key=x&token=[[«W43»]]",
        "in the Google Chat space",
        "developers.google.com/chat",
    ),
    _webhook(
        "zapier-webhook",
        "hooks.zapier.com",
        r"hooks\.zapier\.com/hooks/catch/(?P<secret>\d{4,12}/[A-Za-z0-9]{5,16})",
        "https://hooks.zapier.com/hooks/catch/[[«d7»/«A7»]]",
        "at Zapier",
        "zapier.com/help",
    ),
    _webhook(
        "pagerduty-webhook",
        "events.pagerduty.com events.eu.pagerduty.com",
        r"events\.(?:eu\.)?pagerduty\.com/integration/(?P<secret>[0-9a-f]{32})",
        "https://events.pagerduty.com/integration/[[«h32»]]/enqueue",
        "in PagerDuty's integrations",
        "support.pagerduty.com",
    ),
    _webhook(
        "webex-webhook",
        "webexapis.com/v1/webhooks/incoming api.ciscospark.com/v1/webhooks/incoming",
        r"(?:webexapis|api\.ciscospark)\.com/v1/webhooks/incoming/(?P<secret>[A-Za-z0-9_-]{60,100})",
        "https://webexapis.com/v1/webhooks/incoming/[[«W76»]]",
        "in Webex",
        "apphub.webex.com: incoming webhooks",
    ),
    _webhook(
        "ifttt-webhook",
        "maker.ifttt.com",
        r"maker\.ifttt\.com/trigger/[A-Za-z0-9_-]{1,80}/(?:json/)?with/key/(?P<secret>[A-Za-z0-9_-]{16,60})",
        "https://maker.ifttt.com/trigger/x/with/key/[[«W43»]]",
        "at IFTTT",
        "ifttt.com/maker_webhooks",
    ),
    _webhook(
        "make-webhook",
        "hook.eu1.make.com hook.eu2.make.com hook.us1.make.com hook.us2.make.com hook.integromat.com",
        r"hook\.(?:[eu][us]\d\.make|integromat)\.com/(?P<secret>[a-z0-9]{24,40})",
        "https://hook.eu1.make.com/[[«a32»]]",
        "at Make",
        "help.make.com: webhooks",
    ),
    _webhook(
        "lark-webhook",
        "open.feishu.cn/open-apis open.larksuite.com/open-apis",
        r"open\.(?:feishu\.cn|larksuite\.com)/open-apis/bot/(?:v2/)?hook/(?P<secret>[A-Za-z0-9-]{24,60})",
        "https://open.larksuite.com/open-apis/bot/v2/hook/[[«uuid»]]",
        "in the Lark group's bots",
        "open.larksuite.com: custom bots",
    ),
    _webhook(
        "victorops-webhook",
        "alert.victorops.com",
        r"alert\.victorops\.com/integrations/generic/\d{8}/alert/(?P<secret>[0-9a-f-]{36})",
        "https://alert.victorops.com/integrations/generic/20131114/alert/[[«uuid»]]/team",
        "in Splunk On-Call",
        "help.victorops.com: REST endpoint",
    ),
    _webhook(
        "rocket-chat-webhook",
        "/hooks/",
        r"/hooks/(?P<secret>[A-Za-z0-9]{17,24}/[A-Za-z0-9]{40,64})",
        "https://chat.example.org/hooks/[[«A24»/«A48»]]",
        "in Rocket.Chat",
        "docs.rocket.chat: incoming webhooks",
    ),
    Rule(
        id="curl-user",
        kind="basic-password",
        pattern=r"""curl[^\r\n|;]{0,200}? (?:-u|--user|--proxy-user)[ =]?"""
        r"""(?:\\{0,7}["'])?(?P<secret>[^\s"':\\]{1,80}:[^\s"'\\]{3,200})""",
        trigger=r"curl[^\r\n|;]{0,200} (?:-u|--user|--proxy-user)",
        wide=True,
        reach=240,
        keywords=("curl",),
        cut=only_password,
        checks=(url_password,),
        priority=4,
        remedy="change that account's password",
        source="curl(1)",
        true=(
            "curl -s -u admin:[[«C12»]] https://h/x",
            "curl --user 'bot:[[«C12»]]' https://h/x",
            r'{"msg":"run curl -X POST --user \"bot:[[«A16»]]\" https://h"}',
        ),
        false=("curl -u $USER:$PASSWORD https://h", "curl -u user:password https://h", "curl https://h:443/x"),
    ),
)
