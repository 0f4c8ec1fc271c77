"""The licence as the server keeps it: base64 of JSON and a signature. Its text never enters a packet.

Source: ``mm:server/public/model/license.go``, ``mm:server/channels/utils/license.go`` (JSON, 256 bytes of signature).
The signature is not checked: this reads what the server reads, it grants nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

_SIGNATURE: Final = 256


def read_license(text: str | bytes) -> dict[str, Any] | None:
    """Return the licence's fields, or None if this is no licence."""
    raw = text.encode() if isinstance(text, str) else text
    try:
        decoded = base64.b64decode(b"".join(raw.split()), validate=True).rstrip(b"\0")
    except (binascii.Error, ValueError):
        return None
    for body in (decoded[:-_SIGNATURE], decoded):
        try:
            tree = json.loads(body)
        except (ValueError, RecursionError):
            continue
        if isinstance(tree, dict):
            return tree
    return None


def facts(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return a licence's facts by their paths in ``diagnostics.yaml``, and its ids."""
    customer = tree.get("customer")
    features = tree.get("features")
    customer = customer if isinstance(customer, Mapping) else {}
    features = features if isinstance(features, Mapping) else {}
    found = {
        "license.company": customer.get("company"),
        "license.users": features.get("users"),
        "license.sku_short_name": tree.get("sku_short_name"),
        "license.is_trial": tree.get("is_trial"),
        "license.is_gov_sku": tree.get("is_gov_sku"),
        "license.expires_at": tree.get("expires_at"),
        "license.is_seat_count_enforced": tree.get("is_seat_count_enforced"),
        "license.extra_users": tree.get("extra_users"),
        "license.is_cloud": features.get("cloud"),
        "license.is_non_production": tree.get("is_non_production"),
        "_license_id": tree.get("id"),
        "_customer_id": customer.get("id"),
    }
    kinds: dict[str, type] = {"license.users": int, "license.expires_at": int, "license.extra_users": int}
    return {
        path: value
        for path, value in found.items()
        if value is not None and isinstance(value, kinds.get(path, bool if ".is_" in path else str))
    }
