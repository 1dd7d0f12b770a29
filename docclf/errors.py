"""The one exception that a user's input raises, and its most common reason."""


class InputError(ValueError):
    """Says what was given, what was expected and what to do; the command line prints it without a traceback.

    Raise it for anything the user can mend (a value, a path, a file); let bugs raise whatever they raise.
    """


def at_least(least: float, group: str, **values: float | None) -> None:
    """Raises InputError naming the first of a config group's values that is below `least`; None is no value."""
    for name, value in values.items():
        if value is not None and value < least:
            raise InputError(f"{group}.{name}={value}: expected {least} or more.")
