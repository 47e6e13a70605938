"""Where the console script ``loyalty`` begins: it imports nothing, so that Ctrl-C is heard from the first moment."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; an interruption while it is still being imported ends it as one later does, with code 130."""
    try:
        from helpers.cli import main as command  # noqa: PLC0415

        command()
    except (KeyboardInterrupt, RuntimeError) as fault:
        # Python 3.11 turns what interrupts the making of a class into a RuntimeError.
        if not isinstance(fault, KeyboardInterrupt) and not isinstance(fault.__cause__, KeyboardInterrupt):
            raise
        print("loyalty: interrupted", file=sys.stderr)
        sys.exit(130)
