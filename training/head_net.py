"""The second reader's last layers: what PP-OCRv4 sees in each frame of a line in, characters by frame out. PyTorch;
never at a gate.

Of its own it mixes two frames to either side, as much as a character is wide; what it is given has seen the whole line.
"""

import torch
from torch import Tensor, nn

from drivers.camera.ppocr_reader import SEEN_VALUES
from training.reader_net import CHARS

WIDTH = 160


class Mixed(nn.Module):
    """Values of each frame mixed and normalised: (n, frames, into) -> (n, frames, WIDTH)."""

    def __init__(self, into: int) -> None:
        super().__init__()
        self.mix = nn.Linear(into, WIDTH, bias=False)
        self.scale = nn.BatchNorm1d(WIDTH)

    def forward(self, frames: Tensor) -> Tensor:
        """Not yet cut off at 0."""
        return _each_frame(self.scale, self.mix(frames))


class HeadNet(nn.Module):
    """(n, frames, SEEN_VALUES) -> log-probabilities (n, frames, 1 + CHARS)."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.BatchNorm1d(SEEN_VALUES)
        self.drop = nn.Dropout(0.1)
        self.here = Mixed(SEEN_VALUES)
        self.along = nn.ModuleList((Mixed(3 * WIDTH), Mixed(3 * WIDTH)))
        self.chars = nn.Sequential(nn.Dropout(0.1), nn.Linear(WIDTH, 1 + len(CHARS)))

    def forward(self, seen: Tensor, within: Tensor | None = None) -> Tensor:
        """`within` (n, frames, 1): 1 where a line has frames, 0 behind its end; None where all are as long."""
        kept = _all if within is None else within.mul
        frames = kept(self.drop(torch.relu(self.here(_each_frame(self.scale, seen)))))
        first, second = self.along
        beside = kept(torch.relu(first(_with_neighbours(frames))))
        frames = kept(torch.relu(frames + second(_with_neighbours(beside))))
        return torch.log_softmax(self.chars(frames), dim=2)


# Frames behind a line's end are in the means, too: batches are sorted by length, so they are few.
def _each_frame(scale: nn.BatchNorm1d, frames: Tensor) -> Tensor:
    scaled: Tensor = scale(frames.flatten(0, 1))
    return scaled.view_as(frames)


def _with_neighbours(frames: Tensor) -> Tensor:
    """(n, frames, values) -> (n, frames, 3 * values): the frame before, itself, the one behind; nothing at the ends."""
    nothing = torch.zeros_like(frames[:, :1])
    before, behind = torch.cat((nothing, frames[:, :-1]), 1), torch.cat((frames[:, 1:], nothing), 1)
    return torch.cat((before, frames, behind), 2)


def _all(frames: Tensor) -> Tensor:
    return frames
