"""An Entra audit: who changed which object of the directory, and what was gone afterwards.

A weakened policy hides in `modifiedProperties`: two strings of JSON whose difference matters. MFA was removed where
`grantControls` stands in the old value and not in the new one, while `state` stays `enabled`.
"""

from collections.abc import Mapping
from typing import Any

from detection.fields import at, listing, mapping, opened, text
from detection.hints import hints


def changes(audit: Mapping[str, Any]) -> dict[str, str]:
    """`target_ids`, `target_types`, `modified`, `removed`, `app_role`, `app_id` and `state` of the audit."""
    targets = [target for target in listing(audit, "targetResources") if isinstance(target, Mapping)]
    properties = [each for target in targets for each in listing(target, "modifiedProperties")]
    names = [name for each in properties if (name := text(each, "displayName"))]
    return hints(
        target_ids=", ".join(found for each in targets if (found := text(each, "id"))),
        target_types=", ".join(found for each in targets if (found := text(each, "type"))),
        modified=", ".join(dict.fromkeys(names)),
        removed=", ".join(dict.fromkeys(name for each in properties for name in _removed(each))),
        app_role=_new(properties, "AppRole.Value"),
        app_id=_new(properties, "ServicePrincipal.AppId"),
        permissions=_new(properties, "DelegatedPermissionGrant.Scope"),
        state=next((found for each in properties if (found := text(each, "newValue", "state"))), None),
    )


def _removed(change: Any) -> list[str]:
    """Names that the old object has and the new one lacks or holds empty."""
    old, new = mapping(change, "oldValue"), mapping(change, "newValue")
    return [name for name, value in old.items() if value and new and not new.get(name)]


def _new(properties: list[Any], name: str) -> str | None:
    """The new value of the property: a string of JSON that holds a string."""
    written = next((at(each, "newValue") for each in properties if text(each, "displayName") == name), None)
    plain = text(opened(written))
    return plain.strip('"') if plain else None
