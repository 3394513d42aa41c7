"""The loop that all networks are trained by: chunks of drawn samples in, a state file out. PyTorch.

An interrupted run goes on from its last saved state. Step by step the same batches for the same seed: chunk c brings
`passes` times its size of samples, taken at random from the last `pool` chunks.
"""

import argparse
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training import chunks, pace

Pool = deque[chunks.Arrays]
Told = Callable[[nn.Module, chunks.Arrays, torch.device], str]
TOLD_EVERY = 4
"""The state is saved after every chunk, some minutes of two cores; how good it is by then is said after so many."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is trained on what. `samples` is a chunk's size; `top` the highest learning rate; `name` the state's file in
    `work`, `start` that of an earlier run whose weights this one begins with ("" for none)."""

    work: Path
    what: str
    seed: int
    count: int
    samples: int
    batch: int
    pool: int
    passes: float
    threads: int
    top: float
    name: str
    start: str = ""

    @property
    def per_chunk(self) -> int:
        """Steps for every chunk."""
        return int(self.samples * self.passes) // self.batch


def train(
    net: nn.Module,
    run: Run,
    loss: Callable[[Pool, np.random.Generator, torch.device], tuple[Tensor, tuple[float, ...]]],
    labels: tuple[str, ...],
    told: Told | None = None,
) -> None:
    """`loss` takes a batch out of the pool and gives what is minimised, and the figures that `labels` name; `told` has
    something to say of the averaged network and the newest chunk now and then."""
    device = pace.prepare(run.seed, run.threads)
    net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload] # torch's stub lacks this form
    average = pace.Averaged(net)
    optimizer = torch.optim.AdamW(net.parameters(), run.top, weight_decay=0.02, betas=(0.9, 0.98))
    first = _restored(run, net, average, optimizer, device)
    steps = run.per_chunk * run.count
    pool: Pool = deque(maxlen=run.pool)
    for number in range(max(0, first - run.pool + 1), first):
        pool.append(chunks.loaded(run.work, run.what, run.seed, number))
    progress = pace.Progress(run.name, steps, first * run.per_chunk)
    for number in range(first, run.count):
        pool.append(chunks.loaded(run.work, run.what, run.seed, number))
        random = np.random.default_rng([run.seed, number])
        figures: deque[tuple[float, ...]] = deque(maxlen=60)
        for within in range(run.per_chunk):
            step = number * run.per_chunk + within
            for group in optimizer.param_groups:
                group["lr"] = pace.rate(step, steps, run.top)
            total, parts = loss(pool, random, device)
            optimizer.zero_grad()
            total.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            average.follow(net, step)
            figures.append(parts)
            means = np.mean(figures, axis=0)
            progress.tell(
                step + 1,
                f"chunk {number}  " + "  ".join(f"{a} {b:.3f}" for a, b in zip(labels, means, strict=True)),
            )
        pace.save(
            run.work / run.name, net=net.state_dict(), average=average.net.state_dict(),
            optimizer=optimizer.state_dict(), chunk=number + 1,
        )  # fmt: skip
        is_told = number % TOLD_EVERY == TOLD_EVERY - 1 or number == run.count - 1
        if told is not None and is_told:
            print(f"{run.name}: chunk {number}, {told(average.net, pool[-1], device)}", flush=True)


def _restored(
    run: Run, net: nn.Module, average: pace.Averaged, optimizer: torch.optim.Optimizer, device: torch.device
) -> int:
    """The chunk to go on with: this run's own state where there is one, else an earlier run's weights, else neither."""
    state = run.work / run.name
    if state.exists():
        saved = torch.load(state, map_location=device)
        net.load_state_dict(saved["net"])
        average.net.load_state_dict(saved["average"])
        optimizer.load_state_dict(saved["optimizer"])
        print(f"{run.name}: going on after chunk {saved['chunk']}", flush=True)
        return int(saved["chunk"])
    if run.start:
        earlier = torch.load(run.work / run.start, map_location=device)["average"]
        net.load_state_dict(earlier)
        average.net.load_state_dict(earlier)
    return 0


def given(doc: str | None, what: str, samples: int, batch: int, pool: int, *, passes: float, rate: float) -> Run:
    """The command line of both scripts; starts the processes that draw, if any are asked for."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".training"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chunks", type=int, default=60)
    parser.add_argument("--passes", type=float, default=passes)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0, help="processes that draw beside it (0: started elsewhere)")
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--name", required=True, help="state file in the work folder")
    parser.add_argument("--start", default="", help="state file in the work folder to begin with")
    words = parser.parse_args()
    chunks.start(words.work, what, words.seed, words.chunks, words.workers)
    return Run(
        words.work, what, words.seed, words.chunks, samples, batch, pool, words.passes, words.threads, words.rate,
        words.name, words.start,
    )  # fmt: skip
