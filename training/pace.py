"""What all networks' training shares: learning rate, averaged weights, saved states, seeds. PyTorch."""

import copy
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def prepare(seed: int, threads: int) -> torch.device:
    """Fix the seeds and say where to compute: a GPU where there is one."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def in_half(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the processor does it itself; where it only emulates it, in single precision, which is
    fifteen times as fast there."""
    of_its_own = device.type != "cpu" or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=of_its_own)


def rate(step: int, steps: int, top: float, warm: int = 300) -> float:
    """Learning rate: a short rise, then half a cosine down to a hundredth."""
    if step < warm:
        return top * (step + 1) / warm
    share = min(1.0, (step - warm) / max(1, steps - warm))
    return top * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


class Averaged:
    """A running mean of the weights: what is shipped."""

    def __init__(self, net: nn.Module, keep: float = 0.998) -> None:
        self.net = copy.deepcopy(net).eval()
        self._keep = keep

    @torch.no_grad()
    def follow(self, net: nn.Module, step: int) -> None:
        """Move towards the weights of now; fast at first."""
        keep = min(self._keep, (1 + step) / (10 + step))
        for own, theirs in zip(self.net.state_dict().values(), net.state_dict().values(), strict=True):
            if own.dtype.is_floating_point:
                own.lerp_(theirs.detach(), 1 - keep)
            else:
                own.copy_(theirs)


def save(file: Path, **state: Any) -> None:
    """Whole or not at all."""
    part = file.with_suffix(f".part{os.getpid()}")
    torch.save(state, part)
    part.rename(file)


def pictures(batch: Any, device: torch.device) -> Tensor:
    """(n, h, w, 3) uint8 -> (n, 3, h, w) from -1 to 1, channels last in memory."""
    tensor = torch.from_numpy(batch).to(device).permute(0, 3, 1, 2)
    return tensor.float().mul_(1 / 127.5).sub_(1).contiguous(memory_format=torch.channels_last)


class Progress:
    """A line now and then: of which state, step, loss, time left."""

    def __init__(self, name: str, steps: int, first: int) -> None:
        self._name = name
        self._steps, self._first, self._began, self._said = steps, first, time.monotonic(), 0.0

    def tell(self, step: int, more: str) -> None:
        """Say it if a quarter of a minute has passed."""
        now = time.monotonic()
        if now - self._said < 15 and step != self._steps:
            return
        self._said = now
        pace = (now - self._began) / max(1, step - self._first)
        print(
            f"{self._name}: step {step}/{self._steps}  {more}  {pace * (self._steps - step) / 60:.0f} min left",
            flush=True,
        )
