"""One signed question to an S3 bucket: does it answer to these keys?

Signature Version 4 as described in https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from analyzer.generate.http import get

if TYPE_CHECKING:
    import httpx

    from analyzer.generate.settings import Settings

_EMPTY: Final = hashlib.sha256(b"").hexdigest()
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and the keys for it; the secret key is in no repr."""

    endpoint: str
    region: str
    name: str
    prefix: str
    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    secure: bool = True

    @property
    def shown(self) -> str:
        """Where the bucket is, for messages."""
        return f"{'https' if self.secure else 'http'}://{self.endpoint}"

    def test(self, made: httpx.Client, now: datetime | None = None) -> None:
        """List at most one object below the prefix, as the server's own test does.

        Raises:
            OSError: the bucket does not answer, or refuses; one line.
        """
        when = now or datetime.now(UTC)
        query = f"list-type=2&max-keys=1&prefix={quote(self.prefix, safe='')}"
        path = f"/{quote(self.name, safe='-_.~')}"
        headers = self.sign(path, query, when)
        status, body, _ = get(made, f"{self.shown}{path}?{query}", seconds=8, cap=1 << 20, headers=headers)
        if status == 200 and b"<ListBucketResult" in body:
            return
        code = _CODE.search(body.decode("utf-8", "replace"))
        if status == 200:
            raise OSError("the answer is no list of objects")
        raise OSError(f"answers {status}" + (f" {code[1]}" if code else ""))

    def sign(self, path: str, query: str, when: datetime) -> dict[str, str]:
        """Return the headers that sign a GET of ``path`` with ``query`` (parameters in order of their names)."""
        stamp, day = when.strftime("%Y%m%dT%H%M%SZ"), when.strftime("%Y%m%d")
        names = "host;x-amz-content-sha256;x-amz-date"
        heads = f"host:{self.endpoint}\nx-amz-content-sha256:{_EMPTY}\nx-amz-date:{stamp}\n"
        canonical = f"GET\n{path}\n{query}\n{heads}\n{names}\n{_EMPTY}"
        scope = f"{day}/{self.region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        key = b"AWS4" + self.secret.encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return {
            "Host": self.endpoint,
            "x-amz-date": stamp,
            "x-amz-content-sha256": _EMPTY,
            "Authorization": (
                f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
            ),
        }


def bucket(settings: Settings) -> Bucket:
    """Return the configured bucket."""
    text = settings.text
    return Bucket(
        endpoint=text("FileSettings.AmazonS3Endpoint") or "s3.amazonaws.com",
        region=text("FileSettings.AmazonS3Region") or "us-east-1",
        name=text("FileSettings.AmazonS3Bucket"),
        prefix=text("FileSettings.AmazonS3PathPrefix"),
        key_id=text("FileSettings.AmazonS3AccessKeyId"),
        secret=text("FileSettings.AmazonS3SecretAccessKey"),
        secure=settings.get("FileSettings.AmazonS3SSL") is not False,
    )
