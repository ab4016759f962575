"""The `onehour` command."""

from __future__ import annotations

import io
import re
import sys
import warnings

BAD_INPUT = 2
"""Exit status where the input cannot be used."""

_WESTERN = re.compile(r"-[0-9.]+\s*,\s*-?[0-9.]+")


def main() -> None:
    """Run the command; every error raised on purpose becomes one clear message and exit status 2."""
    from network.errors import BadInputError, OnehourError  # noqa: PLC0415 - light; keeps `import onehour` so
    from onehour.cli import app  # noqa: PLC0415 - typer is not needed to import the package

    warnings.formatwarning = _one_line
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may be no text
    try:
        # a point west of Greenwich is no option: a space before it keeps it from being read as one
        app([f" {word}" if _WESTERN.fullmatch(word) else word for word in sys.argv[1:]])
    except BadInputError as error:
        count = len(error.problems)
        head = "one problem" if count == 1 else f"{count} problems"
        lines = [f"onehour: {head} in the input:", *(f"  {problem}" for problem in error.problems)]
        _fail("\n".join(lines))
    except OnehourError as error:
        _fail(f"onehour: {error}")
    except OSError as error:
        _fail(f"onehour: {error.filename or 'file'}: {error.strerror or error}")


def _one_line(message: Warning | str, *_: object, **__: object) -> str:
    """Return a warning as a line for people, without the place in the code."""
    return f"onehour: {message}\n"


def _fail(message: str) -> None:
    """Print a message for people and end with the status of bad input."""
    print(message, file=sys.stderr)
    raise SystemExit(BAD_INPUT)


if __name__ == "__main__":
    main()
