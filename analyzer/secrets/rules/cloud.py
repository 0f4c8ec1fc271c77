"""Cloud and platform credentials."""

from __future__ import annotations

from typing import Final

from analyzer.secrets.rules.rule import Rule
from analyzer.secrets.rules.token import token

_AWS = "docs.aws.amazon.com: IAM identifiers"
_GOOGLE = "cloud.google.com: credential forms"
_AZURE = "learn.microsoft.com: storage connection strings, SAS, client secrets"
_IAM = "in the AWS IAM console"

CLOUD: Final[tuple[Rule, ...]] = (
    token(
        "aws-access-key-id",
        "AKIA ASIA",
        r"A[KS]IA[A-Z2-7]{16}",
        "[[AKIA«U16»]]",
        _IAM,
        _AWS,
        confidence="low",
        remedy="an identifier, no secret by itself: look for its secret key nearby, and rotate both if it leaked",
        false=("AKIAIOSFODNN7EXAMPLE",),
    ),
    token(
        "aws-secret-key",
        "AKIA ASIA",
        r"A[KS]IA[A-Z2-7]{16}[^A-Za-z0-9+/\r\n]{1,12}(?:[A-Za-z_]{0,24}[^A-Za-z0-9+/\r\n]{1,8})?(?P<secret>[A-Za-z0-9/+]{40})",
        "AKIA«U16»:[[«K40»]]",
        _IAM,
        _AWS,
        right="A-Za-z0-9/+=",
        trigger=r"A[KS]IA[A-Z2-7]{16}[^A-Za-z0-9+/\r\n]",
        remedy="deactivate the access key in the AWS IAM console and make a new one",
    ),
    token(
        "google-api-key",
        "AIza",
        r"AIza[A-Za-z0-9_-]{35}",
        "[[AIza«W35»]]",
        "in the Google Cloud console",
        _GOOGLE,
    ),
    token(
        "google-oauth-client-secret",
        "GOCSPX-",
        r"GOCSPX-[A-Za-z0-9_-]{28}",
        "[[GOCSPX-«W28»]]",
        "in the Google Cloud console",
        _GOOGLE,
    ),
    token(
        "google-oauth-token",
        "ya29.",
        r"ya29\.[A-Za-z0-9_-]{20,1000}",
        "[[ya29.«W80»]]",
        "in the account's connected apps",
        _GOOGLE,
    ),
    token(
        "google-refresh-token",
        "1//0",
        r"1//0[A-Za-z0-9_-]{40,512}",
        "[[1//0«W90»]]",
        "in the account's connected apps",
        _GOOGLE,
    ),
    token(
        "azure-storage-key",
        "accountkey= sharedaccesskey=",
        r"(?:account|sharedaccess)key=(?P<secret>[A-Za-z0-9+/]{42,88}={0,2})",
        "AccountName=x;AccountKey=[[«B86»==]]",
        "in the Azure portal",
        _AZURE,
        right="A-Za-z0-9+/=",
        nocase=True,
        left="",
    ),
    token(
        "azure-client-secret",
        "Q~",
        r"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
        "[[«A3»8Q~«W34»]]",
        "in Microsoft Entra ID",
        _AZURE,
        lead=4,
        right="A-Za-z0-9_~-",
        left="A-Za-z0-9_~-",
    ),
    token(
        "digitalocean-token",
        "dop_v1_ doo_v1_ dor_v1_",
        r"do[por]_v1_[0-9a-f]{64}",
        "[[dop_v1_«h64»]]",
        "in the DigitalOcean control panel",
        "docs.digitalocean.com",
    ),
    token("heroku-key", "HRKU-", r"HRKU-[A-Za-z0-9_-]{36,64}", "[[HRKU-«W60»]]", "at Heroku", "devcenter.heroku.com"),
    token(
        "alibaba-key-id",
        "LTAI",
        r"LTAI[A-Za-z0-9]{16,24}",
        "[[LTAI«A20»]]",
        "at Alibaba Cloud",
        "alibabacloud.com",
        confidence="low",
        remedy="an identifier: look for its secret nearby",
    ),
    token(
        "vault-token",
        "hvs. hvb. hvr.",
        r"hv[sbr]\.[A-Za-z0-9_-]{24,300}",
        "[[hvs.«W90»]]",
        "with 'vault token revoke'",
        "developer.hashicorp.com: token forms",
    ),
    token(
        "terraform-token",
        ".atlasv1.",
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        "[[«A14».atlasv1.«W67»]]",
        "in Terraform Cloud",
        "developer.hashicorp.com",
        lead=14,
    ),
    token(
        "doppler-token",
        "dp.pt. dp.st. dp.sa.",
        r"dp\.(?:pt|st|sa)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
        "[[dp.pt.«A43»]]",
        "at Doppler",
        "docs.doppler.com",
    ),
    token(
        "databricks-token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?", "[[dapi«h32»]]", "in Databricks", "docs.databricks.com"
    ),
    token("netlify-token", "nfp_", r"nfp_[A-Za-z0-9_]{36}", "[[nfp_«A36»]]", "at Netlify", "docs.netlify.com"),
    token(
        "supabase-key",
        "sbp_ sb_secret_",
        r"(?:sbp_[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{31})",
        "[[sbp_«h40»]]",
        "at Supabase",
        "supabase.com/docs",
    ),
    token(
        "planetscale-token",
        "pscale_tkn_ pscale_pw_ pscale_oauth_",
        r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9=._-]{32,64}",
        "[[pscale_pw_«W43»]]",
        "at PlanetScale",
        "planetscale.com/docs",
    ),
    token(
        "cloudflare-ca-key",
        "v1.0-",
        r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
        "[[v1.0-«h24»-«h146»]]",
        "at Cloudflare",
        "developers.cloudflare.com",
    ),
)
