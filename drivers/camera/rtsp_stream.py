"""Keeps the newest frame of a camera that sends compressed video over RTSP, and decodes no more of it than need be.

A picture of such video is told from the one before, back to the last key frame, which stands by itself. While nobody
asks for plates, key frames alone are decoded, one in a second or two, and the packets since the last one are kept as
they came; as soon as a picture is wanted they are decoded, up to the newest. No judgement of frames may be put here.
"""

import contextlib
import hashlib
import sys
import time
import traceback
from typing import TypeAlias, cast

import av
import numpy as np
from av.codec.context import Flags
from av.container import InputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from drivers.camera.pace import Pace
from drivers.camera.recogniser import Picture
from drivers.camera.stream import ENDED, LEAST_GAP_S, NS_PER_S, FrameStream

OPTIONS = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "analyzeduration": "200000",
    "probesize": "500000",
}
"""RTSP over TCP, no sound, and no seconds spent on guessing the format. What is read for that is decoded as well: the
first key frame is in it."""
NS_PER_MS = 1_000_000
MOST_WAITING = 60
"""So many packets wait undecoded at most: on an idle core it takes 150 ms to catch up with them at 1280x720, twice that
at 1920x1080."""
PROVEN_KEYS = 2
"""Key frames in a row that turned out to stand by themselves before the packets between them are left undecoded."""
ABSURD_S = 3.0
"""By so much no decoder is late: the camera's clock was set."""
SLOWEST_S = 5.0
"""No camera takes longer from one picture to the next; what looks like it was a pause."""
WAITED_S, CAUGHT_UP_S = 0.01, 3.0
"""A packet that had to be waited for is no longer one that was read in opening the stream; after so long, none is."""
SMALL_PX, REFINED = (80, 45), 6
"""By so many levels of grey the cells of a small picture differ at most where only its coding has become finer."""

VideoPacket: TypeAlias = "av.Packet[VideoStream]"


class RtspStream(FrameStream):
    """As `FrameStream`; of a source that `is_rtsp`."""

    def _play(self) -> None:
        source = self._source
        timeouts = source.open_timeout_ms / 1000, source.read_timeout_ms / 1000
        # The text of an error may hold the address with the password: only the reason is told.
        try:
            with av.open(source.target, options=OPTIONS, timeout=timeouts, metadata_errors="replace") as container:
                self._follow(container)
        except av.error.FFmpegError as error:
            waited_ms = self.busy_ns(time.monotonic_ns()) // NS_PER_MS
            silent = waited_ms >= min(source.open_timeout_ms, source.read_timeout_ms)
            reason = f"no answer for {waited_ms} ms" if silent else error.strerror or "it cannot be opened"
            self.loss = f"{source.shown}: {reason}; is it there, and may we read it?"
        except Exception as error:  # noqa: BLE001 - whatever a camera sends, it is tried again and the reason is told
            print(
                "camera process:", *traceback.format_tb(error.__traceback__), file=sys.stderr
            )  # it may be our own fault
            self.loss = f"{source.shown}: its video cannot be read ({type(error).__name__}); is it H.264 or H.265?"

    def _follow(self, container: InputContainer) -> None:
        """Frames until the stream ends."""
        if not container.streams.video:
            self.loss = f"{self._source.shown}: it carries no video"
            return
        video = container.streams.video[0]
        decoder, pace, waiting, taken = _Decoder(video), Pace(), list[VideoPacket](), 0.0
        began = asked = time.monotonic()
        is_caught_up = False
        for packet in container.demux(video):
            self._touch()
            now = time.monotonic()
            if self._stopping.is_set() or self._stalls.since(asked):
                return  # what waits in the buffers is the past: it goes with the connection
            decoder.came(packet.pts)
            is_present = pace.is_present(now)
            is_caught_up = is_caught_up or now - asked >= WAITED_S or now - began >= CAUGHT_UP_S
            if packet.is_keyframe and decoder.may_rest:
                waiting.clear()  # it stands by itself
            waiting.append(packet)
            is_wanted = self._is_wanted(packet, now - taken)
            if is_wanted or not decoder.may_rest or len(waiting) >= MOST_WAITING:
                newest, late_s = decoder.newest(waiting)
                waiting.clear()
                if newest is not None and is_wanted and is_present and is_caught_up:
                    taken = now
                    content = cast(Picture, newest.to_ndarray(format="bgr24"))
                    self.behind_ns = int(late_s * NS_PER_S)
                    self._keep(content, now - late_s, repeated=decoder.is_repeated(newest))
            asked = time.monotonic()
        if not self._stopping.is_set():
            self.loss = f"{self._source.shown}: {ENDED}"

    def _is_wanted(self, packet: VideoPacket, since_s: float) -> bool:
        """Whether the picture is to be decoded now, so long after the last one that was kept."""
        gap_s, patience_s = self.gap_ns / NS_PER_S, self.patience_ns / NS_PER_S
        return since_s >= max(LEAST_GAP_S, gap_s + (0.0 if packet.is_keyframe else patience_s))


class _Decoder:
    """Decodes one connection's packets, and knows what its key frames are worth.

    Where the sensor has stopped and the encoder has not, it codes the same picture over and over: as a key frame, then
    a little finer by each packet. What differs no more than that from a key frame that is the one before is repeated.
    """

    def __init__(self, video: VideoStream) -> None:
        if video.codec_context is None:
            raise ValueError("no decoder for it")
        video.codec_context.thread_count = 1
        video.codec_context.flags |= Flags.low_delay  # what may come out of order, and does not, is not held back
        self._second_s = float(video.time_base) if video.time_base is not None else 0.0
        self._ahead: int | None = None
        self._period_s = 0.0
        self._proven = 0
        self._key = b""
        self._repeats: NDArray[np.int16] | None = None

    @property
    def may_rest(self) -> bool:
        """Whether packets between key frames may be left out: each of the last key frames gave a picture of its own at
        once. Not so where pictures are sent out of order or refreshed bit by bit."""
        return self._proven >= PROVEN_KEYS

    def newest(self, packets: list[VideoPacket]) -> tuple[VideoFrame | None, float]:
        """The last picture that they give, decoded in order, and by how many seconds it is late: by what the decoder
        holds back, and by one picture, for which FFmpeg waits to know where this one ends. A damaged packet is passed
        over."""
        newest = None
        for packet in packets:
            with contextlib.suppress(av.error.FFmpegError):
                for frame in packet.decode():
                    newest = frame
                    if packet.is_keyframe:
                        self._judge_key(packet, frame)
        if newest is None or newest.pts is None or self._ahead is None:
            return newest, 0.0
        return newest, self._period_s + max(0, self._ahead - newest.pts) * self._second_s

    def came(self, pts: int | None) -> None:
        """Know the newest time that a packet named, decoded or not, and what lies between two."""
        if pts is None:
            return
        step_s = (pts - (pts if self._ahead is None else self._ahead)) * self._second_s
        if 0.0 < step_s < SLOWEST_S:
            self._period_s = step_s
        if step_s > 0.0 or step_s < -ABSURD_S or self._ahead is None:
            self._ahead = pts

    def is_repeated(self, frame: VideoFrame) -> bool:
        """Whether it shows what was shown before, coded anew."""
        return self._repeats is not None and int(np.abs(_small(frame) - self._repeats).max()) <= REFINED

    def _judge_key(self, packet: VideoPacket, frame: VideoFrame) -> None:
        stands_alone = frame.pict_type == PictureType.I and frame.pts == packet.pts
        self._proven = self._proven + 1 if stands_alone else 0
        key = hashlib.blake2b(frame.to_ndarray(format="gray").tobytes(), digest_size=8).digest()
        self._repeats = _small(frame) if key == self._key else None
        self._key = key


def _small(frame: VideoFrame) -> NDArray[np.int16]:
    width, height = SMALL_PX
    return frame.reformat(width, height, "gray", interpolation="AREA").to_ndarray().astype(np.int16)
