"""Finds and opens the ONNX models: the project's own, and those that the `rapidocr-onnxruntime` wheel carries.

The wheel's models are PP-OCRv4 (Apache-2.0); its own code is not run: only its files are read. No picture handling may
be put here.
"""

from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import onnxruntime
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

WHEEL = "rapidocr-onnxruntime"
OWN = Path(__file__).with_name("weights")
DETECTOR, READER = "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx"


class ModelMissing(Exception):
    """A model is not where the installation puts it; the message says which, where and what to do."""


def model_file(name: str) -> Path:
    """The path of one of the wheel's models."""
    try:
        files = metadata.files(WHEEL) or []
    except metadata.PackageNotFoundError:
        raise ModelMissing(f"the package {WHEEL} is not installed; it carries {name}: install it again") from None
    for file in files:
        if file.name == name:
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise ModelMissing(f"{name} is missing from the package {WHEEL}: install it again")


def open_own(name: str, threads: int) -> onnxruntime.InferenceSession:
    """One of the project's own models, made by `make train` and shipped in `weights`."""
    path = OWN / name
    if not path.is_file():
        raise ModelMissing(f"{path} is missing: install the package again, or make it with `make train`")
    return _opened(path, threads)


def open_model(name: str, threads: int, also: Iterable[str] = ()) -> onnxruntime.InferenceSession:
    """One of the wheel's models; what the tensors `also` hold within it is given out, too, behind its own outputs."""
    path = model_file(name)
    try:
        return _opened(path.read_bytes() + b"".join(_as_output(tensor) for tensor in also), threads)
    except (Fail, InvalidGraph, InvalidProtobuf) as error:
        reason = str(error).strip().rpartition("This is an invalid model. ")[2]
        raise ModelMissing(
            f"{path} is not the model that Gatehouse knows: {reason} Install {WHEEL} again, in the version that "
            "constraints.txt names"
        ) from None


def _as_output(tensor: str) -> bytes:
    """What makes a tensor an output of the model that it is appended to.

    Messages of protobuf that follow one another are one: this is a ModelProto of nothing but one more `graph.output`
    (fields 7 and 12, and 1 for its name).
    """
    message = tensor.encode()
    for field in (1, 12, 7):
        if len(message) > 127:
            raise ValueError(f"a tensor's name is to be at most 120 bytes long, not {tensor!r}")
        message = bytes((field << 3 | 2, len(message))) + message
    return message


def _opened(model: Path | bytes, threads: int) -> onnxruntime.InferenceSession:
    """A session that computes on that many threads. Between two steps they spin, which saves waking them hundreds of
    times a picture; when the picture is done they sleep: the lane shares the cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    given = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
