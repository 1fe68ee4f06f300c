"""What the host is told: host.json, a settings file, and `%NAME%` in bindings."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

EMULATOR = "UseDevelopmentStorage=true"
"""What settings files say where they mean the emulator of this machine."""

_NAMED = re.compile(r"%([^%]+)%")


class SettingError(ValueError):
    """host.json, a settings file or a binding names something that is not there or cannot be read."""


@dataclass(frozen=True, kw_only=True)
class QueueLimits:
    """host.json's `extensions.queues`, with the defaults of the real host when it runs on one machine."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: timedelta = timedelta()
    max_polling_interval: timedelta = timedelta(seconds=2)
    base64: bool = True


@dataclass(frozen=True, kw_only=True)
class HostFile:
    """The part of host.json that this host obeys."""

    route_prefix: str = "api"
    log_level: str = "Information"
    queues: QueueLimits = QueueLimits()

    @classmethod
    def read(cls, app: Path) -> "HostFile":
        """host.json of an app; the real host does not start without one, so neither does this."""
        try:
            content = json.loads((app / "host.json").read_text())
        except (OSError, ValueError) as error:
            raise SettingError(f"host.json of {app} cannot be read: {error}") from error
        extensions = content.get("extensions", {})
        return cls(
            route_prefix=extensions.get("http", {}).get("routePrefix", "api").strip("/"),
            log_level=content.get("logging", {}).get("logLevel", {}).get("default", "Information"),
            queues=_queue_limits(extensions.get("queues", {})),
        )


def _queue_limits(queues: Mapping[str, Any]) -> QueueLimits:
    fallback = QueueLimits()
    batch = int(queues.get("batchSize", fallback.batch_size))
    return QueueLimits(
        batch_size=batch,
        new_batch_threshold=int(queues.get("newBatchThreshold", batch // 2)),
        max_dequeue_count=int(queues.get("maxDequeueCount", fallback.max_dequeue_count)),
        visibility_timeout=duration(queues.get("visibilityTimeout", "00:00:00")),
        max_polling_interval=duration(queues.get("maxPollingInterval", "00:00:02")),
        base64=str(queues.get("messageEncoding", "base64")).lower() == "base64",
    )


def duration(text: str) -> timedelta:
    """A .NET time span, `[d.]hh:mm:ss[.fff]`."""
    matched = re.fullmatch(r"(?:(\d+)\.)?(\d+):(\d\d):(\d\d(?:\.\d+)?)", text)
    if not matched:
        raise SettingError(f"{text!r} is not a time span like 00:00:30")
    days, hours, minutes, seconds = matched.groups(default="0")
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def local_settings(file: Path) -> dict[str, str]:
    """`Values` of a file like local.settings.json."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SettingError(f"settings file {file} cannot be read: {error}") from error
    if content.get("IsEncrypted"):
        raise SettingError(f"settings file {file} is encrypted; decrypt it first")
    return {name: str(value) for name, value in content.get("Values", {}).items()}


def with_emulator(environment: Mapping[str, str], connection_string: str) -> dict[str, str]:
    """The settings in which every mention of the emulator, and an unset AzureWebJobsStorage, mean this one."""
    named = [name for name, value in environment.items() if value.strip().rstrip(";") == EMULATOR]
    if "AzureWebJobsStorage" not in environment:
        named.append("AzureWebJobsStorage")
    return dict.fromkeys(named, connection_string)


def resolved(text: str, environment: Mapping[str, str]) -> str:
    """Text of a binding with each `%NAME%` replaced by its setting; `SettingError` where there is none."""

    def setting(named: re.Match[str]) -> str:
        if named[1] not in environment:
            raise SettingError(f"the app setting {named[1]}, named in a binding as {named[0]}, is not set")
        return environment[named[1]]

    return _NAMED.sub(setting, text)


def disabled(name: str, environment: Mapping[str, str]) -> bool:
    """Whether `AzureWebJobs.NAME.Disabled` switches a function's trigger off (it can still be started by hand)."""
    names = (f"AzureWebJobs.{name}.Disabled", f"AzureWebJobs_{name}_Disabled")
    return any(environment.get(setting, "").lower() in {"true", "1"} for setting in names)
