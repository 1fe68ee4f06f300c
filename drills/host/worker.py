"""The app, loaded and called by Microsoft's own worker library, azure-functions-runtime.

The library speaks in protobuf messages that it takes from its caller; plain objects serve as well, and spare gRPC. Its
registry is global: one app per process, and one function that cannot be loaded fails the whole app, as in Azure.
"""

import json
import logging
import os
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

logger = logging.getLogger("host")


class Message(SimpleNamespace):
    """Stands in for a protobuf message."""


class TypedData(SimpleNamespace):
    """One value under the name of its kind: `TypedData(json="{}")`.

    Kinds that 1.3.0 of the library can decode: http, string, bytes, json. Numbers and times travel as json.
    """

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802  # protobuf's name
        """The kind of the value."""
        return next(iter(vars(self)), None)


class ParameterBinding(SimpleNamespace):
    """A value for a parameter."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802  # protobuf's name
        """Always data: nothing is passed in shared memory."""
        return "data"


class StatusResult(Message):
    """How a request to the worker ended."""

    Success = "success"
    Failure = "failure"


class BindingInfo(Message):
    """A binding's direction and data type, numbered as azure.functions numbers them."""

    undefined, in_, out, inout = 0, 0, 1, 2


class RpcHttpCookie(Message):
    """A cookie of an HTTP response."""

    SameSite = SimpleNamespace(**{"None": None, "Lax": "Lax", "Strict": "Strict", "ExplicitNone": "None"})


PROTOS = SimpleNamespace(
    TypedData=TypedData,
    ParameterBinding=ParameterBinding,
    StatusResult=StatusResult,
    BindingInfo=BindingInfo,
    RpcHttpCookie=RpcHttpCookie,
    **dict.fromkeys(
        (
            *("WorkerInitResponse", "WorkerMetadata", "FunctionMetadataResponse", "FunctionLoadResponse"),
            *("InvocationResponse", "RpcFunctionMetadata", "RpcRetryOptions", "RpcException", "RpcHttp"),
            *("NullableString", "NullableBool", "NullableDouble", "NullableTimestamp", "Timestamp"),
        ),
        Message,
    ),
)

QUEUE = "queue"
NO_RETRY = Message(retry_count=0, max_retry_count=0, exception=None)


class AppFailedError(RuntimeError):
    """The app cannot be served; the message is the worker's, with its stack trace."""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the app: its name, the worker's id for it, its trigger and its queue outputs, as written."""

    name: str
    id: str
    trigger: Mapping[str, Any]
    outlets: tuple[Mapping[str, Any], ...] = ()

    @property
    def kind(self) -> str:
        """The trigger's type: httpTrigger, eventGridTrigger, queueTrigger, timerTrigger."""
        return str(self.trigger["type"])


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one invocation ended: the returned value and what it put out, by binding, or the error's message."""

    value: TypedData | None = None
    error: str | None = None
    outputs: Mapping[str, TypedData] = field(default_factory=dict)


async def load(app: Path) -> tuple[Function, ...]:
    """The functions of an app directory; `AppFailedError` names the first fault.

    Changes the working directory and the import path of this process, as the real worker does.
    """
    import azure_functions_runtime as runtime  # type: ignore[import-untyped]  # ships no types

    logging.getLogger("azure.functions").setLevel(logging.WARNING)
    sys.path.insert(0, str(app))
    os.chdir(app)
    runtime.start_threadpool_executor()
    started = await runtime.worker_init_request(
        _request("worker_init_request", capabilities={}, function_app_directory=str(app))
    )
    if started.result.status == StatusResult.Failure:
        raise AppFailedError(f"{started.result.exception.message}\n{started.result.exception.stack_trace}")
    indexed = await runtime.functions_metadata_request(_request("functions_metadata_request"))
    if not indexed.function_metadata_results:
        raise AppFailedError(f"no functions in {app}")
    return tuple(_function(metadata) for metadata in indexed.function_metadata_results)


def _request(kind: str, **fields: Any) -> Message:
    content = Message(**{kind: Message(**fields)})
    return Message(request=content, properties={"host": "127.0.0.1", "protos": PROTOS})


def _function(metadata: Message) -> Function:
    bindings = [json.loads(binding) for binding in metadata.raw_bindings]
    trigger = next(binding for binding in bindings if binding["type"].endswith("Trigger"))
    outlets = tuple(binding for binding in bindings if binding["type"] == QUEUE)
    for binding in bindings:
        served = binding is trigger or binding in outlets
        if not served and not (binding["type"] == "http" and trigger["type"] == "httpTrigger"):
            raise AppFailedError(f"{metadata.name}: this host does not serve the binding {binding['type']}")
    return Function(name=metadata.name, id=metadata.function_id, trigger=trigger, outlets=outlets)


async def invoke(
    function: Function, value: TypedData, metadata: Mapping[str, TypedData] | None = None, traceparent: str = ""
) -> Outcome:
    """The outcome of one call of a function with its trigger's value; an error is logged, never raised."""
    from azure_functions_runtime import invocation_request  # loaded by then

    number = str(uuid.uuid4())
    began = time.perf_counter()
    response = await invocation_request(
        _request(
            "invocation_request",
            invocation_id=number,
            function_id=function.id,
            input_data=[ParameterBinding(name=function.trigger["name"], data=value)],
            trigger_metadata=metadata,
            trace_context=Message(trace_parent=traceparent, trace_state="", attributes={}),
            retry_context=NO_RETRY,
        )
    )
    took = round((time.perf_counter() - began) * 1000)
    if response.result.status == StatusResult.Failure:
        error = response.result.exception
        logger.error("Executed 'Functions.%s' (Failed, Id=%s, Duration=%dms)", function.name, number, took)
        logger.error("%s\n%s", error.message, error.stack_trace)
        return Outcome(error=error.message)
    logger.info("Executed 'Functions.%s' (Succeeded, Id=%s, Duration=%dms)", function.name, number, took)
    outputs = {output.name: output.data for output in response.output_data or ()}
    return Outcome(value=response.return_value, outputs=outputs)


def finish() -> None:
    """Waits for the threads of functions that are not async."""
    from azure_functions_runtime import stop_threadpool_executor  # loaded by then

    stop_threadpool_executor()
