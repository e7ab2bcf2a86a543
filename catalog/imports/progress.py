"""Progress of long work on a terminal: a bar that moves; a line now and then where nobody watches."""

import time
from typing import TextIO

from django.utils.translation import gettext as _

BAR = 30
PLAIN_SECONDS = 10.0


class ProgressBar:
    """Shows how far the steps of an import are.

    Args:
        stream: where it is shown; only a terminal gets the moving bar.
        is_quiet: show nothing.
    """

    def __init__(self, stream: TextIO, *, is_quiet: bool = False) -> None:
        self._stream = stream
        self._is_terminal = bool(getattr(stream, "isatty", lambda: False)())
        self._is_quiet = is_quiet
        self._step = ""
        self._started = self._shown = time.monotonic()
        self._width = 0
        self._first = 0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        if self._is_quiet:
            return
        now = time.monotonic()
        if step != self._step:
            self._end_line()
            self._step, self._started, self._shown, self._first = step, now, now, done - 1
        is_last = total is not None and done == total
        if not is_last and now - self._shown < (0.1 if self._is_terminal else PLAIN_SECONDS):
            return
        self._shown = now
        text = self._text(step, done, total, now)
        if self._is_terminal:
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def _text(self, step: str, done: int, total: int | None, now: float) -> str:
        labels = {
            "read": _("Reading and checking"),
            "departments": _("Creating departments"),
            "apply": _("Filing entries"),
            "undo": _("Undoing"),
            "export": _("Writing"),
        }
        seconds = max(now - self._started, 0.001)
        speed = _("%(speed)d per second") % {"speed": (done - self._first) / seconds}
        if not total:
            return f"{labels.get(step, step)} {done}  {speed}"
        share = min(1.0, done / total)
        filled = int(share * BAR)
        bar = "█" * filled + "░" * (BAR - filled) if self._is_terminal else ""
        return f"{labels.get(step, step)} {bar} {share:4.0%}  {done}/{total}  {speed}"

    def _end_line(self) -> None:
        if self._is_terminal and self._width:
            self._stream.write("\n")
            self._stream.flush()
            self._width = 0

    def close(self) -> None:
        self._end_line()
