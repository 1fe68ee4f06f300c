"""Hunts: questions to Log Analytics, as KQL, and how their rows are read. Pure; the desk asks them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from incident.resource import ResourceId

ACCOUNT = re.compile(r"[a-z0-9]{3,24}")
PLAIN = re.compile(r"[\w.$()@/-]{1,500}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Hunt:
    """A question: KQL, how far back it looks, and how many rows it may give before it counts as cut off."""

    query: str
    since: timedelta
    most: int


def account_name(account: ResourceId) -> str:
    """The storage account's name, fit to stand in KQL. ValueError where it is none."""
    if not ACCOUNT.fullmatch(account.name):
        raise ValueError("not the name of a storage account")
    return account.name


def listed(words: Iterable[str]) -> str:
    """The words as the inside of an `in (...)`. ValueError where one may not stand in KQL."""
    words = sorted(words)
    if not words or not all(PLAIN.fullmatch(word) for word in words):
        raise ValueError("nothing that may stand in a query")
    return ", ".join(f'"{word}"' for word in words)


def address(text: str) -> str:
    """The address without its port: `10.0.0.1:443` and `[2001:db8::1]:443` as Azure logs them."""
    found = re.fullmatch(r"\[([^\]]+)\](?::\d+)?|([\d.]+):\d+", text)
    return (found[1] or found[2]) if found else text
