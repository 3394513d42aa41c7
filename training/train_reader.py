"""Trains the reader on drawn plates.

python -m training.train_reader --work .training --chunks 60 --name reader.pt
"""

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training import chunks, loop, pace
from training.reader_net import BLANK, CHARS, ReaderNet

BATCH, POOL, TOP_RATE = 64, 40, 2.2e-3
LOOKED_AT = 1_024
"""Of how many samples the progress is told."""
COLOR_WEIGHT = 0.15
NUMBERS = {char: number + 1 for number, char in enumerate(CHARS)}


def coded(texts: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """All texts behind one another as numbers, and the length of each."""
    flat = [NUMBERS[char] for text in texts for char in str(text)]
    return torch.tensor(flat, dtype=torch.long), torch.tensor([len(str(text)) for text in texts], dtype=torch.long)


def plain(log_p: torch.Tensor) -> list[str]:
    """The best path as text, without any grammar."""
    found = []
    for best in log_p.argmax(dim=2).tolist():
        kept = [n for at, n in enumerate(best) if n != BLANK and (at == 0 or best[at - 1] != n)]
        found.append("".join(CHARS[n - 1] for n in kept))
    return found


def exact(net: nn.Module, arrays: chunks.Arrays, device: torch.device) -> float:
    """Share of the first texts read exactly by the best path."""
    right = 0
    with torch.inference_mode():
        for start in range(0, LOOKED_AT, 256):
            log_p, _color = net(pace.pictures(arrays["pictures"][start : start + 256], device))
            right += sum(a == b for a, b in zip(plain(log_p), arrays["texts"][start : start + 256], strict=True))
    return right / LOOKED_AT


def batch_of(pool: loop.Pool, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cuts, texts and colours; a quarter of them of the newest chunk."""
    at, which = random.integers(0, chunks.READER_SAMPLES, BATCH), random.integers(0, len(pool), BATCH)
    which[: BATCH // 4] = len(pool) - 1
    taken = list(zip(which, at, strict=True))
    cuts = np.stack([_moved(pool[c]["pictures"][n], random) for c, n in taken])
    texts = np.array([pool[c]["texts"][n] for c, n in taken])
    return cuts, texts, np.array([pool[c]["colors"][n] for c, n in taken], np.int64)


def _moved(patch: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Half of the cuts a little sheared, turned and shifted, as corners that are not exact leave a plate."""
    if random.random() < 0.5:
        return patch
    height, width = patch.shape[:2]
    corners = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    lean, tilt = random.normal(0, 0.16 * height), random.normal(0, 0.09 * height)
    off = np.array(((lean, -tilt), (lean, tilt), (-lean, tilt), (-lean, -tilt)))
    off += random.normal(0, 0.04 * height, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners, (corners + off).astype(np.float32))
    return cv2.warpPerspective(patch, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


def main() -> None:
    """Draw and train."""
    run = loop.given(__doc__, "reader", chunks.READER_SAMPLES, BATCH, POOL, passes=3.0, rate=TOP_RATE)
    net = ReaderNet()
    ctc, cross = nn.CTCLoss(blank=BLANK, zero_infinity=True), nn.CrossEntropyLoss(label_smoothing=0.02)

    def loss(pool: loop.Pool, random: np.random.Generator, device: torch.device) -> tuple[Tensor, tuple[float, ...]]:
        batch, texts, colors = batch_of(pool, random)
        with pace.in_half(device):
            log_p, color = net(pace.pictures(batch, device))
        numbers, lengths = coded(texts)
        frames = torch.full((BATCH,), log_p.shape[1], dtype=torch.long)
        of_text = ctc(log_p.transpose(0, 1), numbers.to(device), frames, lengths)
        of_color = cross(color.float(), torch.from_numpy(colors).to(device))
        return of_text + COLOR_WEIGHT * of_color, (float(of_text.detach()),)

    def told(average: nn.Module, newest: chunks.Arrays, device: torch.device) -> str:
        return f"of the newest chunk {100 * exact(average, newest, device):.1f} % read"

    loop.train(net, run, loss, ("loss",), told)


if __name__ == "__main__":
    main()
