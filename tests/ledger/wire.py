"""What can go wrong between the ledger and its storage, as azure-core pipeline policies."""

from collections.abc import Callable
from typing import Any

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy

type Matches = Callable[[Any], bool]


class Counted(AsyncHTTPPolicy[Any, Any]):
    """Every request is noted as (method, url)."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        self.requests.append((request.http_request.method, request.http_request.url))
        return await self.next.send(request)


class LostReply(AsyncHTTPPolicy[Any, Any]):
    """The next `times` matching requests are carried out, and their replies never arrive."""

    def __init__(self, matches: Matches, times: int = 1) -> None:
        self.matches = matches
        self.times = times

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        response = await self.next.send(request)
        if self.times and self.matches(request.http_request):
            self.times -= 1
            raise ServiceRequestError("the connection was reset")
        return response


class Refused(AsyncHTTPPolicy[Any, Any]):
    """The next `times` matching requests never arrive."""

    def __init__(self, matches: Matches, times: int = 1) -> None:
        self.matches = matches
        self.times = times

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        if self.times and self.matches(request.http_request):
            self.times -= 1
            raise ServiceResponseError("the connection was reset")
        return await self.next.send(request)


def transactions(request: Any) -> bool:
    return str(request.url).endswith("/$batch")


def writes(request: Any) -> bool:
    return request.method in ("POST", "PUT", "PATCH", "DELETE")


def inserts(request: Any) -> bool:
    return request.method == "POST" and not transactions(request)
