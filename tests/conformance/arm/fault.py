"""What is wrong with an exchange."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """One fault: the exchange's id, the side that erred, a code, what was said, and where in the body."""

    exchange: str
    side: Literal["request", "response", "capture"]
    code: str
    said: str
    at: str = ""

    def __str__(self) -> str:
        return f"{self.side} of {self.exchange}: {self.code} {self.said} {self.at}".rstrip()
