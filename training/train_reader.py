"""Trains the reader on drawn plates; an interrupted run goes on from its last saved state.

    python -m training.train_reader --work .training --chunks 60

Step by step the same batches for the same seed: chunk c brings `passes` times its size of samples, taken at random from
the last `POOL` chunks.
"""

import argparse
from collections import deque
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from training import chunks, pace
from training.reader_net import BLANK, CHARS, ReaderNet

BATCH, POOL, TOP_RATE = 64, 20, 2.2e-3
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


def train(
    work: Path,
    seed: int,
    count: int,
    passes: float,
    threads: int,
    *,
    top: float = TOP_RATE,
    start: str = "",
    name: str = "",
) -> None:
    """`start` names the state of an earlier run whose weights this one begins with; `top` is the highest rate."""
    device = pace.prepare(seed, threads)
    net = ReaderNet().to(device).to(memory_format=torch.channels_last)
    average = pace.Averaged(net)
    optimizer = torch.optim.AdamW(net.parameters(), top, weight_decay=0.02, betas=(0.9, 0.98))
    ctc, cross = nn.CTCLoss(blank=BLANK, zero_infinity=True), nn.CrossEntropyLoss(label_smoothing=0.02)
    state, first = work / name, 0
    if start and not state.exists():
        earlier = torch.load(work / start, map_location=device)["average"]
        net.load_state_dict(earlier)
        average.net.load_state_dict(earlier)
    if state.exists():
        saved = torch.load(state, map_location=device)
        net.load_state_dict(saved["net"])
        average.net.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        first = saved["chunk"]
        print(f"going on after chunk {first}")
    per_chunk = int(chunks.READER_SAMPLES * passes) // BATCH
    steps = per_chunk * count
    pool: deque[chunks.Arrays] = deque(maxlen=POOL)
    for number in range(max(0, first - POOL + 1), first):
        pool.append(chunks.loaded(work, "reader", seed, number))
    progress = pace.Progress(steps, first * per_chunk)
    for number in range(first, count):
        pool.append(chunks.loaded(work, "reader", seed, number))
        random = np.random.default_rng([seed, number])
        losses = []
        for within in range(per_chunk):
            step = number * per_chunk + within
            for group in optimizer.param_groups:
                group["lr"] = pace.rate(step, steps, top)
            at, which = random.integers(0, chunks.READER_SAMPLES, BATCH), random.integers(0, len(pool), BATCH)
            which[: BATCH // 4] = len(pool) - 1
            batch = np.stack([_moved(pool[c]["pictures"][n], random) for c, n in zip(which, at, strict=True)])
            texts = np.array([pool[c]["texts"][n] for c, n in zip(which, at, strict=True)])
            colors = torch.tensor([int(pool[c]["colors"][n]) for c, n in zip(which, at, strict=True)], device=device)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                log_p, color = net(pace.pictures(batch, device))
            numbers, lengths = coded(texts)
            frames = torch.full((BATCH,), log_p.shape[1], dtype=torch.long)
            loss = ctc(log_p.transpose(0, 1), numbers.to(device), frames, lengths)
            total = loss + COLOR_WEIGHT * cross(color.float(), colors)
            optimizer.zero_grad()
            total.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            average.follow(net, step)
            losses.append(float(loss.detach()))
            progress.tell(step + 1, f"chunk {number}  loss {np.mean(losses[-50:]):.3f}")
        if number % 4 == 3 or number == count - 1:
            pace.save(
                state, net=net.state_dict(), average=average.net.state_dict(), optimizer=optimizer.state_dict(),
                chunk=number + 1,
            )  # fmt: skip
            print(
                f"chunk {number}: of the newest chunk {100 * exact(average.net, pool[-1], device):.1f} % read",
                flush=True,
            )


def main() -> None:
    """Draw and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".training"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chunks", type=int, default=60)
    parser.add_argument("--passes", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw beside it (0: started elsewhere)")
    parser.add_argument("--rate", type=float, default=TOP_RATE)
    parser.add_argument("--name", default="reader.pt", help="state file in the work folder")
    parser.add_argument("--start", default="", help="state file in the work folder to begin with")
    given = parser.parse_args()
    chunks.start(given.work, "reader", given.seed, given.chunks, given.workers)
    train(
        given.work,
        given.seed,
        given.chunks,
        given.passes,
        given.threads,
        top=given.rate,
        start=given.start,
        name=given.name,
    )


if __name__ == "__main__":
    main()
