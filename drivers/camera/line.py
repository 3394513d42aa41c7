"""What a reading network says of one line of characters, before any grammar: the meeting point of the readers.

No network and no picture may be put here.
"""

from dataclasses import dataclass

import numpy as np

from drivers.camera.ctc import Floats


@dataclass(frozen=True, slots=True)
class Line:
    """What the network said of one line, in natural logarithms.

    `log_chars` (frames, columns of the grammar), `log_other` (frames,) every other character together, `log_blank`
    (frames,) nothing or a separator; `free` is the best path over all characters, `free_log_p` its log-probability.
    """

    log_chars: Floats
    log_other: Floats
    log_blank: Floats
    free: str
    free_log_p: float


def joined(lines: tuple[Line, ...]) -> Line:
    """Several lines read as one text, in order."""
    return Line(
        np.concatenate([line.log_chars for line in lines]),
        np.concatenate([line.log_other for line in lines]),
        np.concatenate([line.log_blank for line in lines]),
        "".join(line.free for line in lines),
        sum(line.free_log_p for line in lines),
    )


SURE_BLANK = np.float32(-0.01)


def without_gaps(line: Line) -> Line:
    """The same line with each run of frames that surely hold nothing cut to one: decoding takes half the time."""
    blank = line.log_blank > SURE_BLANK
    kept = ~blank
    kept[1:] |= blank[1:] & ~blank[:-1]
    kept[0] = True
    return Line(line.log_chars[kept], line.log_other[kept], line.log_blank[kept], line.free, line.free_log_p)
