"""Output that never ends a program: consoles of any encoding, streams that were closed, names of any kind."""

import locale
import logging
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from docclf.utils.text import shown


class Console:
    """A stream whose reader may leave (`| head`): what is written afterwards is lost, and the program goes on.

    Args:
        stream: of text, with a file descriptor.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Writes text, and says how much; all of it counts as written once nobody reads."""
        try:
            return self.stream.write(text)
        except BrokenPipeError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        """Hands on what is written."""
        try:
            self.stream.flush()
        except BrokenPipeError:
            self._drop()

    def _drop(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stream.fileno())
        os.close(nowhere)


def prepare() -> None:
    """Makes both streams take any text and outlive their reader, and spells out in logs what no console should get."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the program was started with it closed; a file opened now must not take its number
            stream = open(os.devnull, "w", encoding="utf-8")
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        if not isinstance(stream, Console):
            setattr(sys, name, Console(stream))
    if not hasattr(logging.getLogRecordFactory(), "spells_out"):
        logging.setLogRecordFactory(_spelling(logging.getLogRecordFactory()))


def _spelling(factory: Callable) -> Callable:
    """Returns a factory of log records whose texts every console takes, and every log file in the locale's encoding."""
    encoding = locale.getpreferredencoding(False)

    def spelled(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return shown(value, keep="\n\t").encode(encoding, "backslashreplace").decode(encoding)

    def record(*args: Any, **options: Any) -> logging.LogRecord:
        made = factory(*args, **options)
        if isinstance(made.args, tuple) and made.args:
            made.args = tuple(map(spelled, made.args))
        else:
            made.msg = spelled(made.msg)
        return made

    record.spells_out = True
    return record
