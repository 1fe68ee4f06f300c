"""Hints: what else a sender says, under names that stay the same whoever says it.

| name | says |
|---|---|
| authentication_type, access_key | how storage was entered; which account key it was, or signed the SAS (`key1`) |
| container, share, account, vault, object_type | where; `account` is the bare name when no id is given |
| extracted_size, extracted_count, operations | how much left, and by which operations |
| client_request_id | the request id of the write or read that is meant |
| actor_object_id, actor_app_id, user, user_agent, api | who, with what |
| assignee, role, role_definition, scope | a role assignment |
| app_role, target_ids, target_types, modified, removed | an Entra audit: the role, the objects, the property names |
| class, known_since | a person's report |
| rule, analytic_rules, tactics, techniques, sentinel_incident, defender_alert, etag | the alert, to read it back |
"""

import re
from collections.abc import Mapping
from typing import Any

from detection.fields import listing, mapping, text

LONGEST = 512
WORDS = re.compile(r"[^a-z0-9]+")
NAMED = {
    "authentication_type": "authentication_type",
    "access_key_used": "access_key",
    "access_key_used_to_generate_sas_token": "access_key",
    "access_key": "access_key",
    "container": "container",
    "containers": "container",
    "file_share": "share",
    "share": "share",
    "account": "account",
    "vault": "vault",
    "size_of_extracted_data": "extracted_size",
    "extracted_size": "extracted_size",
    "extracted_blobs": "extracted_count",
    "extracted_files": "extracted_count",
    "operations_types": "operations",
    "activity_type": "operations",
    "suspicious_operations": "operations",
    "operation_name": "operations",
    "azure_ad_user": "user",
    "entra_id_user": "user",
    "user_agent": "user_agent",
    "api_type": "api",
    "client_ip_address": "client_ip",
    "attacker_ip_address": "client_ip",
    "ip": "client_ip",
    "attacker_object_id": "actor_object_id",
    "application_id": "actor_app_id",
    "assignee_principal_id": "assignee",
    "assigned_role_definition_id": "role_definition",
    "scope_of_assignment": "scope",
    "request_status": "request_status",
    "class": "class",
    "incident_class": "class",
}


def named(properties: Mapping[str, Any]) -> dict[str, str]:
    """The hints among an alert's extended properties or custom details; names we do not know stay in the body."""
    found = {}
    for key, value in properties.items():
        name = NAMED.get(WORDS.sub("_", str(key).strip().casefold()).strip("_"))
        written = ", ".join(word for each in listing(value) if (word := text(each)))
        if name and written:
            found[name] = written[:LONGEST]
    return found


def hints(**written: Any) -> dict[str, str]:
    """The hints whose value says something, shortened to 512 characters."""
    return {name: found[:LONGEST] for name, value in written.items() if (found := text(value))}


def custom(additional: Mapping[str, Any]) -> Mapping[str, Any]:
    """The custom details of a scheduled rule: `{"Name": ["value", ...]}`, which the wire holds as a string."""
    return mapping(additional, "Custom Details")
