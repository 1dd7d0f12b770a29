"""The one exception that a user's input raises."""


class InputError(ValueError):
    """Says what was given, what was expected and what to do; the command line prints it without a traceback.

    Raise it for anything the user can mend (a value, a path, a file); let bugs raise whatever they raise.
    """
