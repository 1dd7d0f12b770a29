"""Ctrl-C and the signals of shells and batch systems: a program ends with a sentence and leaves nothing half-written.

The first signal is an order to end in good order: `Stopped` is raised where the program stands, so that what is open is
closed, or the signal is noted while a training step runs, which is finished and saved. A second Ctrl-C ends at once.
While a program still loads its modules there is nothing to close, and it ends right there.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from docclf.utils.process import launched

CODE = 130  # exit code of a program that was asked to end
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1") if hasattr(signal, name))
AGAIN = 0.05  # seconds after which an order that got lost in a destructor is given again


class Stopped(BaseException):
    """A signal asked the program to end.

    No Exception, or whoever mends errors would go on, and no KeyboardInterrupt, which Lightning treats its own way.

    Args:
        number: of the signal.
        message: what is left on the disk, and how to go on.
    """

    def __init__(self, number: int, message: str | None = None) -> None:
        super().__init__(message or "nothing is half-written; the same command goes on from what is there")
        self.number = number


class _Watch:
    """What signals do at the moment."""

    def __init__(self) -> None:
        self.loading, self.noting = False, False
        self.asked: int | None = None

    def __call__(self, number: int, frame: object) -> None:
        again, self.asked = self.asked is not None, self.asked or number
        name = signal.Signals(number).name
        if self.loading:
            _leave(f"stopped by {name} before anything was read or written; the same command starts again")
        elif again and number == signal.SIGINT:
            _leave("stopped at once; the last whole checkpoint is kept, and the same command goes on")
        elif again:
            return  # batch systems repeat themselves
        elif self.noting:
            say(f"\n{name}: stopping after this step and saving last.ckpt; Ctrl-C again stops at once")
        else:
            raise Stopped(number)


_watch = _Watch()


def load() -> None:
    """Takes over the signals before a program loads its modules."""
    _watch.__init__()
    _watch.loading = True
    take()


def begin() -> None:
    """Raises `Stopped` in the main thread from now on."""
    _watch.__init__()
    take()
    sys.unraisablehook = _unraisable


def take() -> None:
    """Takes the signals, also from who took them since; not those that were ignored on purpose (nohup)."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, _watch)


def note(noting: bool) -> None:
    """Has signals noted, or raised again."""
    _watch.noting = noting


def asked() -> int | None:
    """Returns the number of the signal that asked this process to end, or ``None``."""
    return _watch.asked


@contextmanager
def orderly(after: Callable[[int], None] = lambda number: None) -> Iterator[None]:
    """Ends the program with a sentence and exit code 130 when a signal asks for it inside.

    Args:
        after: told the number of the signal when all is closed.
    """
    begin()
    try:
        yield
    except Stopped as order:
        _bow(order, after)
    except Exception:
        if asked() is None:
            raise
        _bow(Stopped(asked()), after)  # whatever broke, broke by the order: other processes got the signal too
    finally:
        end()


def _bow(order: Stopped, after: Callable[[int], None]) -> None:
    say(f"stopped by {signal.Signals(order.number).name}: {order}")
    after(order.number)
    sys.exit(CODE)


def end() -> None:
    """Gives the signals back: there is nothing left to close."""
    if threading.current_thread() is threading.main_thread():
        for number in SIGNALS:
            if signal.getsignal(number) is _watch:
                signal.signal(number, signal.SIG_DFL)
    sys.unraisablehook = sys.__unraisablehook__


def _unraisable(found: "sys.UnraisableHookArgs") -> None:
    """Repeats an order that Python could not raise, where it was in a destructor or a callback."""
    if not isinstance(found.exc_value, Stopped):
        sys.__unraisablehook__(found)
        return
    number, _watch.asked = found.exc_value.number, None
    timer = threading.Timer(AGAIN, os.kill, (os.getpid(), number))
    timer.daemon = True
    timer.start()


def say(text: str) -> None:
    """Prints to the standard error of rank 0, also where print was what got interrupted."""
    if launched.first():
        sys.stdout.flush()
        os.write(2, f"{text}\n".encode())


def _leave(text: str) -> None:
    say(text)
    os._exit(CODE)
