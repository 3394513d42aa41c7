"""Trains the second reader's last layers on what PP-OCRv4 sees of drawn plates.

python -m training.train_head --work .training --chunks 40 --name head.pt
"""

import numpy as np
import torch
from torch import Tensor, nn

from training import chunks, loop
from training.head_net import HeadNet
from training.reader_net import BLANK
from training.train_reader import coded, plain

BATCH, POOL, TOP_RATE, PASSES = 128, 40, 2e-3, 8.0
SORTED = 4
"""So many batches are taken together and sorted by length, so that little is computed behind the lines' ends."""
MOST_FRAMES = 48
"""Longer lines, one in a hundred, are left out: the others of a batch are padded to the longest."""
LOOKED_AT = 1_024
"""Of how many samples the progress is told."""


def padded(taken: list[tuple[chunks.Arrays, int]]) -> tuple[Tensor, Tensor, Tensor]:
    """Of the lines (chunk, number) what is seen (n, frames, values), where there are frames (n, frames, 1), and how
    many each line has (n,)."""
    bounds = [(arrays["starts"][number], arrays["starts"][number + 1]) for arrays, number in taken]
    lengths = torch.tensor([int(end - start) for start, end in bounds], dtype=torch.long)
    longest = int(lengths.max())
    seen = np.zeros((len(taken), longest, taken[0][0]["seen"].shape[1]), np.float32)
    for row, ((arrays, _number), (start, end)) in enumerate(zip(taken, bounds, strict=True)):
        seen[row, : end - start] = arrays["seen"][start:end]
    within = (torch.arange(longest)[None] < lengths[:, None]).float()[:, :, None]
    return torch.from_numpy(seen), within, lengths


def short(arrays: chunks.Arrays) -> np.ndarray:
    """Which lines of a chunk are short enough."""
    return np.flatnonzero(np.diff(arrays["starts"]) <= MOST_FRAMES)


class Batches:
    """Lines of all chunks in the pool, a quarter of them of the newest, in batches of about the same length."""

    def __init__(self) -> None:
        self._waiting: list[list[tuple[chunks.Arrays, int]]] = []
        self._random: np.random.Generator | None = None

    def taken(self, pool: loop.Pool, random: np.random.Generator) -> list[tuple[chunks.Arrays, int]]:
        """The next batch; none is left over from one chunk to the next, at which a run may begin again."""
        if random is not self._random or not self._waiting:
            self._random = random
            for arrays in pool:
                if "short" not in arrays:
                    arrays["short"] = short(arrays)
            which = random.integers(0, len(pool), SORTED * BATCH)
            which[: len(which) // 4] = len(pool) - 1
            lines = [(pool[chunk], int(random.choice(pool[chunk]["short"]))) for chunk in which]
            lines.sort(key=lambda line: int(line[0]["starts"][line[1] + 1] - line[0]["starts"][line[1]]))
            batches = [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]
            self._waiting = [batches[number] for number in random.permutation(SORTED)]
        return self._waiting.pop()


def exact(net: nn.Module, arrays: chunks.Arrays, device: torch.device) -> float:
    """Share of the first texts read exactly by the best path."""
    right = 0
    numbers = short(arrays)[:LOOKED_AT]
    with torch.inference_mode():
        for some in np.array_split(numbers, max(1, len(numbers) // 256)):
            seen, within, lengths = padded([(arrays, int(number)) for number in some])
            log_p = net(seen.to(device), within.to(device)).cpu()
            behind = torch.arange(log_p.shape[1])[None] >= lengths[:, None]
            log_p[behind] = -torch.inf
            log_p[..., BLANK][behind] = 0.0
            right += sum(a == b for a, b in zip(plain(log_p), arrays["texts"][some], strict=True))
    return right / len(numbers)


def main() -> None:
    """Draw and train."""
    run = loop.given(__doc__, "lines", chunks.READER_SAMPLES, BATCH, POOL, passes=PASSES, rate=TOP_RATE)
    net, batches = HeadNet(), Batches()
    ctc = nn.CTCLoss(blank=BLANK, zero_infinity=True)

    def loss(pool: loop.Pool, random: np.random.Generator, device: torch.device) -> tuple[Tensor, tuple[float, ...]]:
        taken = batches.taken(pool, random)
        seen, within, lengths = padded(taken)
        log_p = net(seen.to(device), within.to(device))
        numbers, sizes = coded(np.array([arrays["texts"][number] for arrays, number in taken]))
        total = ctc(log_p.transpose(0, 1), numbers.to(device), lengths, sizes)
        return total, (float(total.detach()),)

    def told(average: nn.Module, newest: chunks.Arrays, device: torch.device) -> str:
        return f"of the newest chunk {100 * exact(average, newest, device):.1f} % read"

    loop.train(net, run, loss, ("loss",), told)


if __name__ == "__main__":
    main()
