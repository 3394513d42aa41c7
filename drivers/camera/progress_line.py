"""One line on standard error that says how far long work has come; none where nobody watches. No work here."""

import shutil
import sys


class ProgressLine:
    """The line is drawn over itself. Clear it before anything else is printed."""

    def __init__(self) -> None:
        self._watched = sys.stderr is not None and sys.stderr.isatty()
        self._shown = False

    def say(self, text: str) -> None:
        """Show the text in place of the one before."""
        if self._watched:
            width = max(10, shutil.get_terminal_size().columns - 1)
            sys.stderr.write(f"\r\x1b[K{text[:width]}")
            sys.stderr.flush()
            self._shown = True

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False
