"""Templates by gates, as text."""

from collections.abc import Iterable, Mapping, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def marks(faults: Mapping[str, Sequence[str]]) -> list[str]:
    """One cell for each gate: how many faults, or that there is none."""
    return [str(len(found)) if found else "ok" for found in faults.values()]
