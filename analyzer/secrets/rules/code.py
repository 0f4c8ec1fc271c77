"""Tokens of code hosts, package registries and build services."""

from __future__ import annotations

from typing import Final

from analyzer.secrets.rules import checks
from analyzer.secrets.rules.rule import Rule
from analyzer.secrets.rules.token import token

_GITHUB = "docs.github.com: token formats"
_GITLAB = "docs.gitlab.com: token prefixes"
_ATLASSIAN = "support.atlassian.com: API token forms"
_PREFIXES = "glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct-"

CODE: Final[tuple[Rule, ...]] = (
    token(
        "github-token",
        "ghp_ gho_ ghu_ ghs_ ghr_",
        r"gh[pousr]_[A-Za-z0-9]{36}",
        "[[ghp_«github»]]",
        "in GitHub's settings",
        _GITHUB,
        extra=(checks.crc_of_body,),
        right="A-Za-z0-9",
    ),
    token(
        "github-fine-grained-token",
        "github_pat_",
        r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        "[[github_pat_«A22»_«A59»]]",
        "in GitHub's settings",
        _GITHUB,
        kind="github-token",
    ),
    token(
        "gitlab-token",
        _PREFIXES,
        r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[A-Za-z0-9_-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{7,9})?",
        "[[glpat-«W20»]]",
        "in GitLab's access tokens",
        _GITLAB,
        trigger=r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[A-Za-z0-9_-]{20}",
    ),
    token(
        "gitlab-runner-token",
        "GR1348941",
        r"GR1348941[A-Za-z0-9_-]{20}",
        "[[GR1348941«W20»]]",
        "in GitLab's runner settings",
        _GITLAB,
    ),
    token(
        "atlassian-token",
        "ATATT3xFf ATCTT3xFf ATBB",
        r"(?:AT[AC]TT3xFf[A-Za-z0-9_=+/-]{60,300}|ATBB[A-Za-z0-9]{32})",
        "[[ATATT3xFf«W160»]]",
        "in the Atlassian account",
        _ATLASSIAN,
        right="A-Za-z0-9_",
        trigger=r"(?:AT[AC]TT3xFf[A-Za-z0-9_=+/-]{60}|ATBB[A-Za-z0-9]{32})",
    ),
    token(
        "npm-token",
        "npm_",
        r"npm_[A-Za-z0-9]{36}",
        "[[npm_«npm»]]",
        "at npmjs.com",
        "docs.npmjs.com",
        extra=(checks.crc_of_body,),
        right="A-Za-z0-9",
    ),
    token(
        "pypi-token", "pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]{50,1000}", "[[pypi-AgE«W90»]]", "at pypi.org", "pypi.org/help"
    ),
    token(
        "rubygems-token",
        "rubygems_",
        r"rubygems_[0-9a-f]{48}",
        "[[rubygems_«h48»]]",
        "at rubygems.org",
        "guides.rubygems.org",
    ),
    token(
        "docker-token",
        "dckr_pat_ dckr_oat_",
        r"dckr_[po]at_[A-Za-z0-9_-]{27,40}",
        "[[dckr_pat_«W27»]]",
        "at Docker Hub",
        "docs.docker.com",
    ),
    token(
        "postman-key",
        "PMAK-",
        r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
        "[[PMAK-«h24»-«h34»]]",
        "at Postman",
        "learning.postman.com",
    ),
    token("linear-key", "lin_api_", r"lin_api_[A-Za-z0-9]{32,48}", "[[lin_api_«A40»]]", "at Linear", "linear.app/docs"),
    token(
        "sonar-token",
        "sqp_ squ_ sqa_",
        r"sq[pua]_[0-9a-f]{40}",
        "[[squ_«h40»]]",
        "in SonarQube",
        "docs.sonarsource.com",
    ),
    token(
        "jfrog-token",
        "AKCp cmVmdGtu",
        r"(?:AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56})",
        "[[AKCp«A69»]]",
        "in Artifactory",
        "jfrog.com/help",
    ),
)
