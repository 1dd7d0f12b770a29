"""An engine that does not answer: asked again for a while, then told in one sentence; nothing is lost by it."""

import time
from collections.abc import Callable
from typing import TypeVar

from docclf.errors import InputError

WAITS = (0.1, 0.3, 1.0, 3.0)  # seconds before each further try

T = TypeVar("T")


class Down(InputError):
    """The home of the vectors does not answer; what it had confirmed is still there, and this call changed nothing."""


def retried(call: Callable[[], T], address: str, waits: tuple[float, ...] = WAITS) -> T:
    """Returns what a call to an engine returns; a failed call is made again, which rows with their own ids allow.

    Args:
        call: what to do.
        address: of the engine, for the message.
        waits: seconds before each further try.

    Raises:
        InputError: as the call does: the user's mistake is not tried again.
        Down: every try failed.
    """
    for wait in (*waits, None):
        try:
            return call()
        except InputError:
            raise
        except Exception as error:  # engines raise ValueError, RuntimeError and OSError for a closed port alike
            if wait is None:
                reason = " ".join(str(error).split())[:200] or type(error).__name__
                raise Down(
                    f"{address} does not answer, tried {len(waits) + 1} times ({reason}). What it had confirmed is "
                    "kept and this call changed nothing: start it, and give the same command again."
                ) from error
            time.sleep(wait)
    raise AssertionError("not reached")
