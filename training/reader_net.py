"""The reader's network: a cut of a plate in, characters by frame and the ground's colour out. PyTorch; never at a gate.

Convolutions only: every frame sees its neighbours and no more, so that no text is preferred to another.
"""

import torch
from torch import Tensor, nn

from simulator.scene.glyphs import CHARACTERS

BLANK = 0
FRAMES = 40
CHARS = CHARACTERS
"""Column n + 1 of the output is CHARS[n]; column 0 is "nothing here"."""
COLOR_COUNT = 7


class Conv(nn.Sequential):
    """Convolution, normalisation, ReLU."""

    def __init__(
        self,
        into: int,
        out: int,
        kernel: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        active: bool = True,
    ) -> None:
        tall, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
        layers: list[nn.Module] = [
            nn.Conv2d(into, out, (tall, wide), stride, (tall // 2, wide // 2), bias=False),
            nn.BatchNorm2d(out),
        ]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if active else []))


class Residual(nn.Module):
    """Two convolutions beside what they correct."""

    def __init__(self, channels: int, kernel: int | tuple[int, int] = 3) -> None:
        super().__init__()
        self.first = Conv(channels, channels, kernel)
        self.second = Conv(channels, channels, kernel, active=False)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return torch.relu(x + self.second(self.first(x)))


class ReaderNet(nn.Module):
    """(n, 3, 40, 160) in -1 to 1, BGR -> log-probabilities (n, 40, 1 + CHARS) and colour logits (n, 7)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            Conv(3, 32, 3, 2),  # 20 x 80
            Conv(32, 64, 3, 2),  # 10 x 40
            Residual(64),
            Conv(64, 96, 3, (2, 1)),  # 5 x 40
            Residual(96),
            Residual(96),
            Conv(96, 128, 3, (2, 1)),  # 3 x 40
            Residual(128),
            Residual(128),
        )
        self.column = nn.Sequential(nn.Conv2d(128, 160, (3, 1), bias=False), nn.BatchNorm2d(160), nn.ReLU(inplace=True))
        self.along = nn.Sequential(Residual(160, (1, 5)), nn.Dropout(0.1))
        self.chars = nn.Conv2d(160, 1 + len(CHARS), 1)
        self.color = nn.Sequential(nn.Linear(128 + 160, 64), nn.ReLU(inplace=True), nn.Linear(64, COLOR_COUNT))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Both outputs; the first is normalised, the second is not."""
        body = self.body(x)
        column = self.column(body)
        frames = self.chars(self.along(column))[:, :, 0].transpose(1, 2)
        whole = torch.cat((body.mean(dim=(2, 3)), column.mean(dim=(2, 3))), dim=1)
        return torch.log_softmax(frames.float(), dim=2), self.color(whole)
