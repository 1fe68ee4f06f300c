"""Where long-running operations are followed: Azure-AsyncOperation and Location."""

from drills.estate.operations import Operation
from drills.estate.wire import Asked, RefusalError, Reply
from drills.estate.world import LOCATION, World

VERSION = "2024-01-01"


class Polls:
    """Where long-running operations are followed."""

    def __init__(self, world: World) -> None:
        self._world = world

    def status(self, asked: Asked) -> Reply:
        """`Azure-AsyncOperation`: 200 with InProgress or Succeeded."""
        operation = self._operation(asked)
        if operation.is_done:
            return Reply(200, {"status": "Succeeded"})
        return Reply(200, {"status": "InProgress"}, {"Retry-After": retry_after(self._world)})

    def result(self, asked: Asked) -> Reply:
        """`Location`: 202 while it runs, then 200 with the result or an empty 204."""
        operation = self._operation(asked)
        if not operation.is_done:
            return Reply(202, None, {"Location": asked.url, "Retry-After": retry_after(self._world)})
        return Reply(204) if operation.result is None else Reply(200, operation.result)

    def either(self, asked: Asked) -> Reply:
        """One address for both: the result with `monitor=true`, the status without."""
        return self.result(asked) if asked.query.get("monitor") == "true" else self.status(asked)

    def _operation(self, asked: Asked) -> Operation:
        operation = self._world.operations.find(asked.names["operation"])
        if operation is None:
            raise RefusalError(404, "OperationNotFound", f"Operation {asked.names['operation']} not found.")
        return operation


def following(world: World, operation: Operation, *, with_location: bool = False) -> dict[str, str]:
    """The headers by which an operation of Network is followed."""
    base = f"{world.url}{world.scope}/providers/Microsoft.Network/locations/{LOCATION}"
    status = f"{base}/operations/{operation.id}?api-version={VERSION}"
    headers = {"Azure-AsyncOperation": status, "Retry-After": retry_after(world)}
    if with_location:
        headers["Location"] = f"{base}/operationResults/{operation.id}?api-version={VERSION}"
    return headers


def retry_after(world: World) -> str:
    """Whole seconds until the next poll."""
    return str(int(world.delays.poll.total_seconds()))
