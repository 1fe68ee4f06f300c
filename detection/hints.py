"""Hints: what else a sender says, under names that stay the same whoever says it.

| name | says |
|---|---|
| authentication_type, access_key | how storage was entered; which account key it was, or signed the SAS (`key1`) |
| sas_fields, identifier | the names of the fields of the SAS, no values; the stored access policy that it names |
| container, share, account, vault, object_type | where; `account` is the bare name when no id is given |
| extracted_size, extracted_count, operations | how much left, and by which operations |
| client_request_id | the request id of the write or read that is meant |
| actor_object_id, actor_app_id, user, user_agent, api | who, with what |
| assignee, role, role_definition, scope | a role assignment |
| app_role, target_ids, target_types, modified, removed | an Entra audit: the role, the objects, the property names |
| class, known_since | the class that a person or our own rule names; since when the person knew |
| rule, analytic_rules, tactics, techniques, sentinel_incident, defender_alert, etag | the alert, to read it back |
"""

import re
from collections.abc import Mapping
from typing import Any

from detection.fields import identity, listing, mapping, text

LONGEST = 512
APART = re.compile(r"[^a-z0-9]+")
NAMED = {  # names as senders write them, letters and digits only
    "accesskey": "access_key",
    "accesskeyused": "access_key",
    "accesskeyusedtogeneratesastoken": "access_key",
    "account": "account",
    "activitytype": "operations",
    "actor": "user",
    "apitype": "api",
    "applicationid": "actor_app_id",
    "approle": "app_role",
    "assignedroledefinitionid": "role_definition",
    "assignee": "assignee",
    "assigneeprincipalid": "assignee",
    "attackeripaddress": "client_ip",
    "attackerobjectid": "actor_object_id",
    "authenticationtype": "authentication_type",
    "azureaduser": "user",
    "class": "class",
    "clientip": "client_ip",
    "clientipaddress": "client_ip",
    "container": "container",
    "containers": "container",
    "entraiduser": "user",
    "storedaccesspolicy": "identifier",
    "sasfields": "sas_fields",
    "extractedblobs": "extracted_count",
    "extractedcount": "extracted_count",
    "extractedfiles": "extracted_count",
    "extractedsize": "extracted_size",
    "fileshare": "share",
    "incidentclass": "class",
    "ip": "client_ip",
    "operation": "operations",
    "operationname": "operations",
    "operations": "operations",
    "operationstypes": "operations",
    "requeststatus": "request_status",
    "scope": "scope",
    "scopeofassignment": "scope",
    "share": "share",
    "sizeofextracteddata": "extracted_size",
    "suspiciousoperations": "operations",
    "targetids": "target_ids",
    "targettypes": "target_types",
    "user": "user",
    "useragent": "user_agent",
    "vault": "vault",
}


def named(properties: Mapping[str, Any]) -> dict[str, str]:
    """The hints among an alert's extended properties or custom details; names we do not know stay in the body."""
    found = {}
    for key, value in properties.items():
        name = NAMED.get(APART.sub("", str(key).casefold()))
        written = ", ".join(word for each in listing(value) if (word := identity(text(each))))
        if name and written:
            found[name] = written[:LONGEST]
    return found


def hints(**written: Any) -> dict[str, str]:
    """The hints whose value says something, shortened to 512 characters."""
    return {name: found[:LONGEST] for name, value in written.items() if (found := text(value))}


def custom(additional: Mapping[str, Any]) -> Mapping[str, Any]:
    """The custom details of a scheduled rule: `{"Name": ["value", ...]}`, which the wire holds as a string."""
    return mapping(additional, "Custom Details")
