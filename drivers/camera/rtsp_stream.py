"""Keeps the newest frame of a camera that sends compressed video over RTSP, and decodes no more of it than need be.

A picture of such video is told from the one before, back to the last key frame, which stands by itself. While nobody
asks for plates, key frames alone are decoded, one in a second or two, and the packets since the last one are kept as
they came; as soon as a picture is wanted they are decoded, up to the newest. No judgement of frames may be put here.
"""

import contextlib
import hashlib
import time
from typing import TypeAlias, cast

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from drivers.camera.pace import Pace
from drivers.camera.recogniser import Picture
from drivers.camera.stream import ENDED, LEAST_GAP_S, NS_PER_S, FrameStream

OPTIONS = {
    "rtsp_transport": "tcp",
    "flags": "low_delay",
    "analyzeduration": "200000",
    "probesize": "500000",
}
"""RTSP over TCP, and no seconds spent on guessing the format. What is read for that is decoded as well: the first key
frame is in it."""
NS_PER_MS = 1_000_000
MOST_WAITING = 60
"""So many packets wait undecoded at most: to catch up with them takes 150 ms at 1280x720, twice that at 1920x1080."""

VideoPacket: TypeAlias = "av.Packet[VideoStream]"


class RtspStream(FrameStream):
    """As `FrameStream`; of a source that `is_rtsp`.

    Where the sensor has stopped and the encoder has not, it codes the same picture over and over: as a key frame, then
    a little better by each packet. From a key frame on that shows what the one before did, all counts as repeated.
    """

    _is_repeated, _key = False, b""

    def _play(self) -> None:
        source = self._source
        timeouts = source.open_timeout_ms / 1000, source.read_timeout_ms / 1000
        try:
            with av.open(source.target, options=OPTIONS, timeout=timeouts) as container:
                self._follow(container)
        except av.error.FFmpegError as error:
            # The text of the error may hold the address with the password: only the reason is told.
            waited_ms = self.busy_ns(time.monotonic_ns()) // NS_PER_MS
            silent = waited_ms >= min(source.open_timeout_ms, source.read_timeout_ms)
            reason = f"no answer for {waited_ms} ms" if silent else error.strerror or "it cannot be opened"
            self.loss = f"{source.shown}: {reason}; is it there, and may we read it?"

    def _follow(self, container: InputContainer) -> None:
        """Frames until the stream ends."""
        if not container.streams.video:
            self.loss = f"{self._source.shown}: it carries no video"
            return
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        pace, waiting, taken = Pace(), list[VideoPacket](), 0.0
        asked = time.monotonic()
        for packet in container.demux(video):
            self._touch()
            now = time.monotonic()
            if self._stopping.is_set() or self._stalls.since(asked):
                return  # what waits in the buffers is the past: it goes with the connection
            is_present = pace.is_present(now)
            if packet.is_keyframe:
                waiting.clear()  # it stands by itself
            waiting.append(packet)
            if self._is_wanted(packet, now - taken) or len(waiting) >= MOST_WAITING:
                newest = self._last_of(waiting)
                waiting.clear()
                if newest is not None and is_present and now - taken >= LEAST_GAP_S:
                    taken = now
                    self._keep(cast(Picture, newest.to_ndarray(format="bgr24")), now, repeated=self._is_repeated)
            asked = time.monotonic()
        if not self._stopping.is_set():
            self.loss = f"{self._source.shown}: {ENDED}"

    def _is_wanted(self, packet: VideoPacket, since_s: float) -> bool:
        """Whether the picture is to be decoded now, so long after the last one that was kept."""
        gap_s, patience_s = self.gap_ns / NS_PER_S, self.patience_ns / NS_PER_S
        return since_s >= gap_s + (0.0 if packet.is_keyframe else patience_s)

    def _last_of(self, packets: list[VideoPacket]) -> VideoFrame | None:
        """The last picture that they give, decoded in order; a damaged one is passed over."""
        newest = None
        for packet in packets:
            with contextlib.suppress(av.error.InvalidDataError):
                for frame in packet.decode():
                    newest = frame
                    if frame.key_frame:
                        key = hashlib.blake2b(frame.to_ndarray(format="gray").tobytes(), digest_size=8).digest()
                        self._is_repeated, self._key = key == self._key, key
        return newest
