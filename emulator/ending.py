"""How what runs in the foreground ends."""

import signal


def until_ended() -> None:
    """Wait for Ctrl+C or SIGTERM, which then end nothing by themselves: the caller takes its things down."""
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # also where a shell started this with SIGINT ignored
    signal.sigwait(ends)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
