"""Trains the detector on drawn scenes.

python -m training.train_detector --work .training --chunks 80 --name detector.pt
"""

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from drivers.camera.quad import spans
from training import chunks, loop, pace
from training.detector_net import STRIDE, DetectorNet

BATCH, POOL, TOP_RATE = 16, 30, 2e-3
CROP_PX = 256
"""Most batches are cut to this side: a step then costs less than half, and plates fill more of it."""
CORNER_WEIGHT = 1.0


class Targets:
    """What the map should be for a batch.

    `heat` (n, 2, h, w): 1 at a plate's middle, falling around it; `corners` (n, 8, h, w) in strides from the cell's
    middle; `weight` (n, 1, h, w): for how much a cell's corners count, 0 where none are asked.
    """

    def __init__(self, count: int, side: int) -> None:
        cells = side // STRIDE
        self.heat = np.zeros((count, 2, cells, cells), np.float32)
        self.corners = np.zeros((count, 8, cells, cells), np.float32)
        self.weight = np.zeros((count, 1, cells, cells), np.float32)
        self._middles = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE

    def add(self, number: int, corners: np.ndarray, rows: int) -> None:
        """One plate: `corners` (4, 2) in pixels of the crop; left out when its middle is not in it."""
        cells = self.heat.shape[2]
        middle = corners.mean(axis=0)
        at_x, at_y = int(middle[0] // STRIDE), int(middle[1] // STRIDE)
        if not (0 <= at_x < cells and 0 <= at_y < cells):
            return
        right, down = spans(corners)
        tall = max(4.0, float(np.linalg.norm(down)))
        offset_x, offset_y = self._middles[None, :] - middle[0], self._middles[:, None] - middle[1]
        turned = np.linalg.inv(np.stack((right, down), axis=1).astype(np.float64) + 1e-6 * np.eye(2))
        along = turned[0, 0] * offset_x + turned[0, 1] * offset_y
        across = turned[1, 0] * offset_x + turned[1, 1] * offset_y
        near = np.exp(-(along**2) / (2 * 0.10**2) - (across**2) / (2 * 0.17**2)).astype(np.float32)
        near[at_y, at_x] = 1.0
        heat = self.heat[number, rows - 1]
        np.maximum(heat, near, out=heat)
        asked = near > 0.35
        places = corners.reshape(4, 2)
        for corner in range(4):
            self.corners[number, 2 * corner][asked] = ((places[corner, 0] - self._middles[None, :]) / STRIDE).repeat(
                cells, axis=0
            )[asked]
            self.corners[number, 2 * corner + 1][asked] = (
                (places[corner, 1] - self._middles[:, None]) / STRIDE
            ).repeat(cells, axis=1)[asked]
        self.weight[number, 0][asked] = near[asked] * STRIDE / tall / float(near[asked].sum())


def loss_of(out: Tensor, targets: Targets, device: torch.device) -> tuple[Tensor, Tensor]:
    """Penalty-reduced focal loss of the middles (Zhou et al., Objects as Points), and how far off the corners are."""
    heat = torch.from_numpy(targets.heat).to(device)
    logits = out[:, :2].float()
    share = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    at = heat.eq(1)
    count = at.sum().clamp(min=1)
    good = (torch.log(share) * (1 - share) ** 2)[at].sum()
    bad = (torch.log(1 - share) * share**2 * (1 - heat) ** 4)[~at].sum()
    weight = torch.from_numpy(targets.weight).to(device)
    wanted = torch.from_numpy(targets.corners).to(device)
    distance = functional.smooth_l1_loss(out[:, 2:].float(), wanted, reduction="none", beta=0.1)
    return -(good + bad) / count, (distance * weight).sum() / count


def batch_of(pool: loop.Pool, random: np.random.Generator) -> tuple[np.ndarray, Targets]:
    """Pictures and their targets: seven in ten batches cut to CROP_PX."""
    side = CROP_PX if random.random() < 0.7 else chunks.SCENE_PX
    targets = Targets(BATCH, side)
    batch = np.empty((BATCH, side, side, 3), np.uint8)
    for number in range(BATCH):
        chunk = pool[int(random.integers(len(pool)))]
        at = int(random.integers(chunks.SCENE_SAMPLES))
        rows = chunk["rows"][at]
        matrix = _turned(random, side, chunk["corners"][at][rows > 0])
        batch[number] = cv2.warpAffine(
            chunk["pictures"][at], matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        if random.random() < 0.15:
            batch[number] = batch[number].mean(axis=2, keepdims=True).astype(np.uint8)
        for plate in np.flatnonzero(rows):
            targets.add(number, chunk["corners"][at, plate] @ matrix[:, :2].T + matrix[:, 2], int(rows[plate]))
    return batch, targets


def _turned(random: np.random.Generator, side: int, corners: np.ndarray) -> np.ndarray:
    """How a scene is cut to `side`, with a plate in it; two in five squeezed and sheared, as steep views are."""
    middle = np.full(2, chunks.SCENE_PX / 2)
    if len(corners):  # (plates, 4, 2)
        middle = corners[int(random.integers(len(corners)))].mean(axis=0)
    linear = np.eye(2)
    if random.random() < 0.4:
        steep = float(random.choice((0.5, 1.0, 2.0)))
        linear = np.diag((random.uniform(1.0 - 0.3 * steep, 1.15), random.uniform(0.75, 1.25)))
        linear = np.array(((1, random.normal(0, 0.12)), (random.normal(0, 0.15 * steep), 1))) @ linear
    room = 0.4 * side if side < chunks.SCENE_PX else 0.1 * side
    wanted = side / 2 + random.uniform(-room, room, 2)
    return np.concatenate((linear, (wanted - linear @ middle)[:, None]), axis=1).astype(np.float32)


def main() -> None:
    """Draw and train."""
    run = loop.given(__doc__, "scenes", chunks.SCENE_SAMPLES, BATCH, POOL, passes=1.5, rate=TOP_RATE)
    net = DetectorNet()

    def loss(pool: loop.Pool, random: np.random.Generator, device: torch.device) -> tuple[Tensor, tuple[float, ...]]:
        batch, targets = batch_of(pool, random)
        with pace.in_half(device):
            out = net(pace.pictures(batch, device))
        heat, corners = loss_of(out, targets, device)
        return heat + CORNER_WEIGHT * corners, (float(heat.detach()), float(corners.detach()))

    loop.train(net, run, loss, ("middles", "corners"))


if __name__ == "__main__":
    main()
