"""Every error a user can meet, as one tree; its message is one sentence: what, where, what to do.

RagtuneError                    exit 1
├── BadInput                    exit 2   something given to us is wrong: a setting, a question, a file
│   └── SettingsError
├── UnreadablePage              exit 3   one page is set aside, the rest goes on
│   └── UnclearAccess                    nobody can tell who may read it: its last version goes too
├── UnreadableAttachment        exit 3   a file's text is not searched; it is offered all the same
├── ManifestMismatch            exit 4   made by other settings, or by another version, than asked for
├── Busy                        exit 5   another process holds what we need: the index, a port
├── OutOfSpace                  exit 6   the disk is full; nothing that was acknowledged is lost
├── ModelUnavailable            exit 7   the model's server is away, too slow, or broke off
├── IndexUnavailable            exit 8   the search cluster is away, or too busy for too long
│   └── NotAllowed                       it answers, but not to these credentials
├── GateRefused                 exit 9   a tuned model is worse than the one in service
├── OutOfMemory                 exit 10  tuning does not fit the memory; says which knob to turn
└── Diverged                    exit 11  the loss is no number; what was learnt before is kept
"""


class RagtuneError(Exception):
    """Base of the tree. `exit_code` is what the command line ends with."""

    exit_code = 1


class BadInput(RagtuneError):
    """What the caller gave is wrong: names the value and the expected form."""

    exit_code = 2


class SettingsError(BadInput):
    """A value of a settings, recipe or preset file is wrong; the message quotes file, key and value."""


class UnreadablePage(RagtuneError):
    """One source page can't be read. It is set aside with this reason; its last good version stays."""

    exit_code = 3


class UnclearAccess(UnreadablePage):
    """A page's access labels or validity can't be read. Its last version is withdrawn: it may be too open."""


class UnreadableAttachment(RagtuneError):
    """The text of a file beside a page can't be read; the page and the file are kept.

    `passing`: the same bytes may be read another time (too slow, a missing library), so it is tried again.
    """

    exit_code = 3

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing


class ManifestMismatch(RagtuneError):
    """An index, adapter or data set was made by other settings than those it is used with."""

    exit_code = 4


class Busy(RagtuneError):
    """Another process holds the index or the port."""

    exit_code = 5


class OutOfSpace(RagtuneError):
    """The disk is full."""

    exit_code = 6


class ModelUnavailable(RagtuneError):
    """The model's server is not reachable, hangs, or broke off in the middle of an answer."""

    exit_code = 7


class IndexUnavailable(RagtuneError):
    """The search cluster is not reachable, or was too busy for as long as we tried."""

    exit_code = 8


class NotAllowed(IndexUnavailable):
    """The search cluster refuses this call to these credentials."""


class GateRefused(RagtuneError):
    """A tuned model is worse than the one in service; the message says where and by how much."""

    exit_code = 9


class OutOfMemory(RagtuneError):
    """Tuning does not fit the memory; the message names the recipe's keys that would help."""

    exit_code = 10


class Diverged(RagtuneError):
    """The loss is infinite or not a number; the last checkpoint was written before it was."""

    exit_code = 11
