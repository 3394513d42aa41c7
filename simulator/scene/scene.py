"""Draws a `SceneState` as the camera at the lane sees it; the same state, seed and tick give the same picture.

No clock and no socket may be put here. What is the same from frame to frame is drawn once and kept.
"""

from dataclasses import replace

import cv2
import numpy as np

from simulator.scene.canvas import Picture, box, fill
from simulator.scene.lighting import lit
from simulator.scene.plate_styles import Bgr
from simulator.scene.scenery import draw_scenery
from simulator.scene.state import Light, SceneState
from simulator.scene.vehicle import draw_vehicle, plate_corners
from simulator.scene.viewpoint import Points, Viewpoint
from simulator.scene.weather import add_glare, burn_in, grey, noise_layer, rain_layers

ARM_Z_BEFORE_STOP_M = 1.6
ARM_HEIGHT_M = 1.0
ARM_LENGTH_M = 3.2
STRIPE_M = 0.4
STRIPES: tuple[Bgr, Bgr] = ((40, 36, 196), (232, 232, 232))


class SceneRenderer:
    """One camera's drawing. Not for several threads at once. `seed` sets houses, stains and noise."""

    def __init__(self, view: Viewpoint | None = None, seed: int = 1) -> None:
        self.view = view or Viewpoint()
        self._seed = seed
        self._scenery: dict[SceneState, Picture] = {}
        self._rain: dict[float, list[Picture]] = {}
        self._noise: dict[Light, Picture] = {}

    def render(self, state: SceneState, tick: int = 0) -> Picture:
        """The picture, (height, width, 3) uint8 BGR. `tick` moves noise and rain; the state says everything else."""
        frame = self._empty_lane(state).copy()
        for vehicle in sorted(state.vehicles, key=lambda seen: -seen.distance_m):
            draw_vehicle(frame, self.view, state, vehicle)
        self._draw_arm(frame, state)
        if state.defocus_px > 0 and state.vehicles:
            cv2.GaussianBlur(frame, (0, 0), state.defocus_px, dst=frame)
        if state.glare > 0:
            add_glare(frame, self._glare_centre(state), state.glare)
        if state.rain > 0:
            layers = self._rain_layers(state.rain)
            cv2.add(frame, layers[tick % len(layers)], dst=frame)
        if state.infrared:
            frame = grey(frame)
        self._add_noise(frame, state.light, tick)
        if state.stamp:
            burn_in(frame, state.stamp)
        return frame

    def plates(self, state: SceneState) -> tuple[tuple[str, Points], ...]:
        """The text and the four corners of each plate in view: what truly stands in the picture."""
        found = []
        for vehicle in state.vehicles:
            corners = plate_corners(self.view, vehicle)
            if vehicle.plate is not None and corners is not None:
                found.append((vehicle.plate.text, corners))
        return tuple(found)

    def _empty_lane(self, state: SceneState) -> Picture:
        key = replace(state, vehicles=(), arm=0.0, glare=0.0, infrared=False, stamp="", rain=round(state.rain, 1))
        if key not in self._scenery:
            if len(self._scenery) >= 6:
                self._scenery.clear()
            self._scenery[key] = draw_scenery(self.view, key, self._seed)
        return self._scenery[key]

    def _draw_arm(self, frame: Picture, state: SceneState) -> None:
        """The striped arm, hinged at the camera's side of the lane, turning up about its post."""
        view = self.view
        depth = view.stop_z_m - ARM_Z_BEFORE_STOP_M
        hinge_x = view.lane_x_m + 1.75
        turn = np.pi / 2 * min(1.0, max(0.0, state.arm))
        along = np.array((-np.cos(turn), np.sin(turn), 0.0))
        across = np.array((np.sin(turn), np.cos(turn), 0.0)) * 0.05
        post = np.array((hinge_x, ARM_HEIGHT_M, depth))
        for number in range(round(ARM_LENGTH_M / STRIPE_M)):
            start, end = post + along * number * STRIPE_M, post + along * (number + 1) * STRIPE_M
            quad = np.array((start + across, end + across, end - across, start - across))
            fill(frame, view.project(quad), lit(STRIPES[number % 2], state, 0.8))
        cabinet = box(hinge_x, hinge_x + 0.32, 0.0, ARM_HEIGHT_M + 0.1, depth)
        fill(frame, view.project(cabinet), lit((52, 130, 214), state, 0.8))

    def _glare_centre(self, state: SceneState) -> Points:
        for _text, corners in self.plates(state):
            middle: Points = corners.mean(axis=0)
            beside: Points = middle + np.array((self.view.width * 0.10, -self.view.height * 0.12))
            return beside
        return np.array((self.view.width * 0.6, self.view.height * 0.3))

    def _rain_layers(self, rain: float) -> list[Picture]:
        level = round(rain, 1)
        if level not in self._rain:
            self._rain[level] = rain_layers(self.view.width, self.view.height, level, self._seed)
        return self._rain[level]

    def _add_noise(self, frame: Picture, light: Light, tick: int) -> None:
        height, width = frame.shape[:2]
        if light not in self._noise:
            self._noise[light] = noise_layer(width, height, light, self._seed)
        x, y = (tick * 29) % 61, (tick * 17) % 53
        cv2.add(frame, self._noise[light][y : y + height, x : x + width], dst=frame)
