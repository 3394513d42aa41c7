"""The lane without vehicles: sky, ground, kerbs, cabinet, trees, a shop sign; drawn once for each light and kept.

Nothing that moves may be put here.
"""

import cv2
import numpy as np

from simulator.scene.canvas import Picture, box, fill
from simulator.scene.lighting import LAMPS, lit
from simulator.scene.plate_styles import Bgr
from simulator.scene.state import Light, SceneState
from simulator.scene.viewpoint import Points, Viewpoint

SKY: Bgr = (228, 206, 186)
ASPHALT: Bgr = (92, 90, 88)
KERB: Bgr = (170, 172, 172)
WALL: Bgr = (150, 168, 182)
HEDGE: Bgr = (52, 96, 62)
LINE: Bgr = (225, 228, 228)
LANE_HALF_M = 1.7


def _ground(x0: float, x1: float, z0: float, z1: float, y: float = 0.0) -> Points:
    return np.array(((x0, y, z1), (x1, y, z1), (x1, y, z0), (x0, y, z0)))


def draw_scenery(view: Viewpoint, state: SceneState, seed: int) -> Picture:
    """The empty lane in the state's light, BGR."""
    frame = np.empty((view.height, view.width, 3), np.uint8)
    frame[:] = np.array(lit(SKY, state), np.float32).astype(np.uint8)
    _estate(frame, view, state, seed)
    fill(frame, view.project(_ground(-40, 40, 0.4, 80)), lit((104, 108, 110), state))
    left, right = view.lane_x_m - LANE_HALF_M, view.lane_x_m + LANE_HALF_M
    fill(frame, view.project(_ground(left, right, 0.4, 80)), lit(ASPHALT, state, 0.3))
    for edge in (left, right):
        fill(frame, view.project(_ground(edge - 0.12, edge + 0.12, 0.4, 60, 0.12)), lit(KERB, state, 0.5))
    stop = view.stop_z_m - 0.5
    fill(frame, view.project(_ground(left + 0.2, right - 0.2, stop, stop + 0.25)), lit(LINE, state, 0.9))
    _texture(frame, state, seed)
    if state.defocus_px > 0:
        cv2.GaussianBlur(frame, (0, 0), state.defocus_px, dst=frame)
    return frame


def _estate(frame: Picture, view: Viewpoint, state: SceneState, seed: int) -> None:
    """Houses and a hedge behind the lane, with windows that are lit after dark, and a sign with letters on it."""
    random = np.random.default_rng([seed, 7])
    for left in (-24.0, -13.0, 2.0, 13.0):
        width, high = random.uniform(7, 10), random.uniform(7, 14)
        fill(frame, view.project(box(left, left + width, 0, high, 40)), lit(WALL, state))
        for x in np.arange(left + 0.8, left + width - 1.2, 2.2):
            for y in np.arange(1.6, high - 1.5, 2.8):
                shines = state.light is not Light.DAY and random.random() < 0.4
                pane: Bgr = (96, 170, 206) if shines else (110, 100, 92)
                glass = (float(pane[0]), float(pane[1]), float(pane[2])) if shines else lit(pane, state)
                fill(frame, view.project(box(x, x + 1.2, y, y + 1.5, 39.9)), glass)
    fill(frame, view.project(box(-40, 40, 0, 1.3, 34)), lit(HEDGE, state))
    corners = view.project(box(-7.5, -4.5, 2.2, 3.0, 22))
    fill(frame, corners, lit((60, 44, 150), state))
    x, y = int(corners[3][0]) + 6, int(corners[3][1]) - 8
    scale = view.width / 1280 * 0.7
    cv2.putText(
        frame, "P 24H 8m/h", (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, lit((240, 240, 240), state), 2, cv2.LINE_AA
    )


def _texture(frame: Picture, state: SceneState, seed: int) -> None:
    """Coarse and fine grain, so that no surface is of one colour; wet ground mirrors the sky a little."""
    height, width = frame.shape[:2]
    random = np.random.default_rng([seed, 11])
    grain = random.integers(0, 14, (height, width), dtype=np.uint8)
    stains = cv2.resize(
        random.integers(0, 22, (18, 32), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC
    )
    share = LAMPS[state.light].ambient[1]
    grey = ((grain + stains) * np.float32(share)).astype(np.uint8)
    cv2.subtract(frame, cv2.merge((grey, grey, grey)), dst=frame)
    if state.rain > 0:
        foot = frame[height // 2 :]
        mirror = cv2.GaussianBlur(cv2.flip(frame[: foot.shape[0]], 0), (0, 0), 25)
        cv2.addWeighted(foot, 1 - 0.25 * state.rain, mirror, 0.25 * state.rain, 0, dst=foot)
