"""Tokens of AI services, build and deployment tools, project tools and payment services, one record a group."""

from __future__ import annotations

from typing import Final

from analyzer.secrets.rules import checks
from analyzer.secrets.rules.rule import Rule
from analyzer.secrets.rules.token import token

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_AZURE = "learn.microsoft.com: identifiable keys of Azure services"
_PORTAL = "in the Azure portal"

TOOLS: Final[tuple[Rule, ...]] = (
    token(
        "ai-service-key",
        "lsv2_ tvly- csk- pcsk_ nvapi- jina_ fc- tgp_v1_ e2b_ ABSK",
        r"(?:lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}|tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}|csk-[a-z0-9]{48}"
        r"|pcsk_[A-Za-z0-9_]{60,80}|nvapi-[A-Za-z0-9_-]{60,70}|jina_[A-Za-z0-9]{60}|fc-[0-9a-f]{32}"
        r"|tgp_v1_[A-Za-z0-9_-]{43}|e2b_[0-9a-f]{40}|ABSK[A-Za-z0-9+/]{100,140}={0,2})",
        "[[lsv2_pt_«h32»_«h10»]]",
        "at the AI service",
        "docs of LangSmith, Tavily, Cerebras, Pinecone, Nvidia, Jina, Firecrawl, Together, E2B, Amazon Bedrock",
        kind="ai-key",
        right="A-Za-z0-9_+/-",
        trigger=r"(?:lsv2_(?:pt|sk)_|tvly-|csk-[a-z0-9]{48}|pcsk_|nvapi-|jina_|fc-[0-9a-f]{32}|tgp_v1_|e2b_|ABSK)",
        more=("key [[tvly-«A32»]]", "key [[csk-«a48»]]", "[[nvapi-«W64»]]", "[[jina_«A60»]]", "[[e2b_«h40»]]"),
    ),
    token(
        "fireworks-key",
        "fw_",
        r"fw_[A-Za-z0-9]{22,26}",
        "[[fw_«A24»]]",
        "at Fireworks",
        "docs.fireworks.ai",
        kind="ai-key",
        confidence="medium",
        extra=(checks.random_looking,),
        false=("fw_internalnetworkruleset",),
    ),
    token(
        "build-token",
        "bkua_ bkct_ CCIPAT_ CCIPRJ_ pul- pnu_ pnb_ snyk_ CLOJARS_ fm1_ fm2_ fo1_ oy2 cio vcp_ vci_ vca_ vcr_ SWMTKN-",
        r"(?:bk(?:ua|ct)_[0-9a-f]{40}|CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}|pul-[0-9a-f]{40}|pn[ub]_[A-Za-z0-9]{36}"
        r"|snyk_[us]at\.[0-9a-f]{8}\.[A-Za-z0-9_-]{40,80}|CLOJARS_[0-9a-f]{60}|fm[12]_[A-Za-z0-9+/]{100,900}={0,2}"
        r"|fo1_[A-Za-z0-9_-]{43}|oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}|vc[piar]_[A-Za-z0-9]{50,60}"
        r"|SWMTKN-1-[a-z0-9]{49,50}-[a-z0-9]{25})",
        "[[bkua_«h40»]]",
        "at the build or hosting service",
        "docs of Buildkite, CircleCI, Pulumi, Prefect, Snyk, Clojars, Fly, NuGet, crates.io, Vercel, Docker Swarm",
        kind="build-token",
        extra=(checks.random_looking,),
        right="A-Za-z0-9_+/-",
        trigger=r"(?:bk(?:ua|ct)_|CCI(?:PAT|PRJ)_|pul-[0-9a-f]{40}|pn[ub]_[A-Za-z0-9]{36}|snyk_[us]at\.|CLOJARS_"
        r"|fm[12]_[A-Za-z0-9+/]{8}|fo1_[A-Za-z0-9_-]{43}|oy2[a-z0-9]{43}|cio[A-Za-z0-9]{32}|vc[piar]_[A-Za-z0-9]{50}|SWMTKN-1-)",
        more=(
            "[[CCIPAT_«A22»_«h40»]]",
            "[[snyk_uat.«h8».«W60»]]",
            "key [[oy2«a43»]]",
            "token [[cio«A32»]]",
            "[[vcp_«A56»]]",
            "FlyV1 [[fm2_«B120»]]",
        ),
        false=("fm1_index.html", "cioffi", "oy2 x"),
    ),
    token(
        "tailscale-key",
        "tskey-",
        r"tskey-[a-z]{3,12}-[A-Za-z0-9]{8,20}-[A-Za-z0-9]{20,60}",
        "[[tskey-auth-k«A10»CNTRL-«A32»]]",
        "in the Tailscale admin console",
        "tailscale.com/kb: key prefixes",
    ),
    token(
        "work-tool-token",
        "pat CFPAT- pk_ tfp_ rdme_ BBDC- re_ phx_ phs_ hcaik_ hcbik_ hcxik_ hcxmk_ shippo_live_ shippo_test_",
        r"(?:pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|CFPAT-[A-Za-z0-9_-]{43}|pk_\d{6,9}_[A-Z0-9]{32}|tfp_[A-Za-z0-9_.=-]{40,60}"
        r"|rdme_[a-z0-9]{60,72}|BBDC-[A-Za-z0-9+/@_-]{40,50}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}|ph[xs]_[A-Za-z0-9]{43,48}"
        r"|hc[abx][im]k_[0-9a-z]{58}|shippo_(?:live|test)_[0-9a-f]{40})",
        "[[CFPAT-«W43»]]",
        "in that tool's settings",
        "docs of Airtable, Contentful, ClickUp, Typeform, ReadMe, Bitbucket, Resend, PostHog, Honeycomb, Shippo",
        trigger=r"(?:pat[A-Za-z0-9]{14}\.[0-9a-f]{64}|CFPAT-|pk_\d{6,9}_[A-Z0-9]{32}|tfp_[A-Za-z0-9_.=-]{40}|rdme_[a-z0-9]{60}"
        r"|BBDC-|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}|ph[xs]_[A-Za-z0-9]{43}|hc[abx][im]k_|shippo_(?:live|test)_)",
        more=(
            "[[pat«A14».«h64»]]",
            "[[pk_«d8»_«U32»]]",
            "[[re_«A8»_«A24»]]",
            "[[phx_«A43»]]",
            "[[hcaik_01«a56»]]",
            "[[rdme_«a70»]]",
        ),
        false=("re_establish_connection_to_the_server_now", "pk_live_x"),
    ),
    token(
        "asana-token",
        "0/1 1/1 2/1",
        r"[0-2]/1\d{9,19}(?:/1\d{9,19})?:[0-9a-f]{32}",
        "[[2/1«d15»/1«d15»:«h32»]]",
        "in Asana's developer console",
        "developers.asana.com",
    ),
    token(
        "payment-key",
        "duffel_live_ duffel_test_ EZAK EZTK FLWSECK- FLWSECK_TEST- access-production- access-development- live_",
        r"(?:duffel_(?:live|test)_[A-Za-z0-9_=-]{43}|EZ[AT]K[A-Za-z0-9]{54}|FLWSECK(?:_TEST)?-[0-9a-zA-Z]{32}-X"
        rf"|access-(?:production|development)-{_UUID}|live_[0-9a-f]{{35}})",
        "[[duffel_live_«W43»]]",
        "at the payment service",
        "docs of Duffel, EasyPost, Flutterwave, Plaid, Lob",
        trigger=r"(?:duffel_(?:live|test)_|EZ[AT]K[A-Za-z0-9]{54}|FLWSECK(?:_TEST)?-|access-(?:production|development)-"
        r"|live_[0-9a-f]{35})",
        more=("[[EZAK«A54»]]", "[[access-production-«uuid»]]", "key [[live_«h35»]]", "[[FLWSECK-«h32»-X]]"),
    ),
    token(
        "mapbox-token",
        "sk.eyJ tk.eyJ",
        r"[st]k\.eyJ[A-Za-z0-9_-]{30,400}\.[A-Za-z0-9_-]{20,24}",
        "[[sk.eyJ1«W60».«A22»]]",
        "in the Mapbox account",
        "docs.mapbox.com: secret tokens",
    ),
    token(
        "new-relic-licence-key",
        "NRAL",
        r"[0-9a-f]{36}NRAL",
        "[[«h36»NRAL]]",
        "at New Relic",
        "docs.newrelic.com: licence keys",
        kind="new-relic-key",
        lead=36,
    ),
    token(
        "azure-service-key",
        "JQQJ99",
        r"[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}",
        "[[«A52»JQQJ99«A26»]]",
        _PORTAL,
        _AZURE,
        lead=52,
    ),
    token(
        "azure-devops-token",
        "AZDO",
        r"[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}",
        "[[«A76»AZDO«A4»]]",
        "in Azure DevOps' user settings",
        _AZURE,
        lead=76,
    ),
    token(
        "azure-account-key",
        "+ASt ACDb",
        r"[A-Za-z0-9+/]{76}(?:\+ASt|ACDb)[A-Za-z0-9+/]{6}==",
        "[[«A76»+ASt«A6»==]]",
        _PORTAL,
        _AZURE,
        kind="azure-storage-key",
        lead=76,
        left="A-Za-z0-9+/",
        right="A-Za-z0-9+/=",
    ),
    token(
        "azure-function-key",
        "AzFu",
        r"[A-Za-z0-9_-]{44}AzFu[A-Za-z0-9_-]{6}==",
        "[[«A44»AzFu«A6»==]]",
        _PORTAL,
        _AZURE,
        lead=44,
        right="A-Za-z0-9_=-",
    ),
)
