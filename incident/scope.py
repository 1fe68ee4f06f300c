"""Where something holds: the beginning of a resource id, whole segments, without regard to case."""

from incident.resource import ResourceId


def within(resource: ResourceId, scope: str) -> bool:
    """Whether the resource is, or lies in, what `scope` names; everything lies in the empty scope."""
    root = "/" + scope.strip("/").casefold() if scope.strip("/") else ""
    return resource.key == root or resource.key.startswith(root + "/")
