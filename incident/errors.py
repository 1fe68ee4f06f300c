"""What can go wrong, each with what a person should do next.

TourniquetError
├── SettingsIncomplete   the app was started without what it needs: all names are said at once
├── PolicyInvalid        the policy file cannot be used: the line and the reason are said
├── SignalRejected       a body that is no signal: nothing was kept, the sender is told why
├── NotAllowed           the caller has not shown who they are, or lacks the role
├── Unknown              nothing here has that id
├── Refused              a guard, a lock, a policy or a missing right forbids the act: nothing was done
│   └── Gone             the resource is not there (any more)
├── Postponed            Azure asks to wait longer than this invocation lasts: resume tries again at `until`
│   └── Throttled        a limit of Azure's is spent: nothing is wrong but the number of requests
├── Interrupted          the request may have reached Azure: read back before anything is repeated
├── Unproved             done, but the proof failed: somebody must look
├── LeaseLost            another process acts on this incident: stop
└── LedgerUnavailable    nothing can be recorded, so nothing is done: the sender tries again
"""

from datetime import datetime


class TourniquetError(Exception):
    """The root of the tree above. The text is fit for logs and answers: no secret, no PHI."""


class SettingsIncomplete(TourniquetError):  # noqa: N818 - the errors of this tree are named for what happened
    """Every missing or unusable setting, by name."""


class PolicyInvalid(TourniquetError):  # noqa: N818 - as above
    """The policy file cannot be read or breaks a rule of its own."""


class SignalRejected(TourniquetError):  # noqa: N818 - as above
    """The body is no signal of any kind that is read here."""


class NotAllowed(TourniquetError):  # noqa: N818 - as above
    """No valid token (`known` is false), or a token without the role."""

    def __init__(self, why: str, *, known: bool) -> None:
        super().__init__(why)
        self.known = known


class Unknown(TourniquetError):  # noqa: N818 - as above
    """Nothing here has that id."""


class Refused(TourniquetError):  # noqa: N818 - as above
    """The act is forbidden by `code` (an Azure error code, or the guard's name); nothing was done."""

    def __init__(self, why: str, *, code: str) -> None:
        super().__init__(why)
        self.code = code


class Gone(Refused):
    """The resource is not there (any more)."""

    def __init__(self, why: str) -> None:
        super().__init__(why, code="ResourceNotFound")


class Postponed(TourniquetError):  # noqa: N818 - as above
    """Azure asks to wait until `until`; nothing was done."""

    def __init__(self, why: str, *, until: datetime) -> None:
        super().__init__(why)
        self.until = until


class Throttled(Postponed):
    """A limit of Azure's is spent until `until`; nothing was done."""


class Interrupted(TourniquetError):  # noqa: N818 - as above
    """The outcome of a request is unknown: it may have reached Azure."""


class Unproved(TourniquetError):  # noqa: N818 - as above
    """The call was acknowledged, but readback or probe does not show its effect."""


class LeaseLost(TourniquetError):  # noqa: N818 - as above
    """Another process holds, or has taken, the lease on this incident."""


class LedgerUnavailable(TourniquetError):  # noqa: N818 - as above
    """The ledger cannot be written or read; no intent, no act."""
