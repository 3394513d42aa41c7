"""The detector's network: a picture in, a map of plates' middles with their four corners out. PyTorch; never at a gate.

No anchors: a cell of 8 x 8 pixels says whether a plate of one or of two rows has its middle there, and where from the
cell's own middle the four corners lie, in units of STRIDE.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.reader_net import Conv, Residual

STRIDE = 8
DEEPEST = 32
"""Sides of a picture are multiples of this."""
OUTPUTS = 2 + 8


class DetectorNet(nn.Module):
    """(n, 3, h, w) in -1 to 1, BGR -> (n, 10, h/8, w/8): logits of one and of two rows, then x, y of four corners."""

    def __init__(self) -> None:
        super().__init__()
        self.low = nn.Sequential(Conv(3, 16, 3, 2), Conv(16, 32, 3, 2), Residual(32))
        self.eighth = nn.Sequential(Conv(32, 48, 3, 2), Residual(48))
        self.sixteenth = nn.Sequential(Conv(48, 80, 3, 2), Residual(80), Residual(80))
        self.deep = nn.Sequential(Conv(80, 112, 3, 2), Residual(112), Residual(112))
        self.from_deep = Conv(112, 80, 1)
        self.join_sixteenth = Conv(80, 80)
        self.from_sixteenth = Conv(80, 48, 1)
        self.join_eighth = Conv(48, 64)
        self.head = nn.Sequential(Conv(64, 64), nn.Conv2d(64, OUTPUTS, 1))
        with torch.no_grad():
            bias = self.head[-1].bias
            assert isinstance(bias, Tensor)
            bias.zero_()
            bias[:2] = -4.6

    def forward(self, x: Tensor) -> Tensor:
        """The map."""
        low = self.low(x)
        eighth = self.eighth(low)
        sixteenth = self.sixteenth(eighth)
        deep = functional.interpolate(self.from_deep(self.deep(sixteenth)), scale_factor=2.0, mode="nearest")
        sixteenth = self.join_sixteenth(sixteenth + deep)
        up = functional.interpolate(self.from_sixteenth(sixteenth), scale_factor=2.0, mode="nearest")
        out: Tensor = self.head(self.join_eighth(eighth + up))
        return out
