"""Writes the averaged weights as ONNX files for the gate: half precision on disk, single precision when computed; the
detector also in eight bits, for its look at the whole picture.

python -m training.export --work .training --into drivers/camera/weights
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from torch import nn

from drivers.camera.models import PPOCR_V4, fingerprint
from drivers.camera.ppocr_reader import SEEN_VALUES
from drivers.camera.reader_input import HEIGHT_PX, WIDTH_PX
from training.chunks import COLORS, SCENE_PX, Arrays, loaded
from training.detector_net import STRIDE, DetectorNet
from training.head_net import HeadNet
from training.reader_net import CHARS, ReaderNet

OPSET = 17
CALIBRATED_BY = 160
"""So many drawn scenes."""
LEAST_VALUES = 256
"""Smaller tensors stay in single precision: nothing is saved by them."""


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model with its large weights as float16 behind a cast, which ONNX Runtime does once, at loading."""
    graph = model.graph
    kept, casts = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < LEAST_VALUES:
            kept.append(tensor)
            continue
        kept.append(numpy_helper.from_array(values.astype(np.float16), tensor.name + "_half"))
        casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    del graph.node[:]
    graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def write(
    net: nn.Module, example: torch.Tensor, outputs: list[str], axes: dict[int, str], notes: dict[str, str], file: Path
) -> None:
    """One network as one file; `notes` go into the model's metadata."""
    file.parent.mkdir(parents=True, exist_ok=True)
    names = {"x": axes, **{name: {0: "n"} for name in outputs}}
    torch.onnx.export(
        net.eval(), (example,), str(file), input_names=["x"], output_names=outputs, opset_version=OPSET,
        dynamic_axes=names, dynamo=False,
    )  # fmt: skip
    model = halved(onnx.load(str(file)))
    helper.set_model_props(model, notes)
    onnx.save(model, str(file))
    print(f"{file}: {file.stat().st_size} bytes")


class Scenes(CalibrationDataReader):  # type: ignore[misc] # the package carries no types
    """Drawn scenes by which the ranges of the eight bits are found."""

    def __init__(self, arrays: Arrays, count: int, batch: int = 8) -> None:
        self._batches = iter(np.split(arrays["pictures"][:count], range(batch, count, batch)))

    def get_next(self) -> dict[str, np.ndarray] | None:
        """The next batch as the network is given it, None behind the last."""
        batch = next(self._batches, None)
        return None if batch is None else {"x": batch.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1}


def in_eight_bits(file: Path, into: Path, scenes: Arrays) -> None:
    """The same network computed in eight bits; its last convolution, which gives the corners, is not.

    Weights get seven bits: processors without VNNI add up pairs in 16 bits, which eight would overflow.
    """
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"  # the casts of the half precision are folded away
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(plain)
        onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        convolutions = [node.name for node in onnx.load(str(plain)).graph.node if node.op_type == "Conv"]
        quantize_static(
            str(plain), str(into), Scenes(scenes, CALIBRATED_BY), quant_format=QuantFormat.QDQ, per_channel=True,
            reduce_range=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8,
            nodes_to_exclude=convolutions[-1:],
        )  # fmt: skip
    onnx.save(given_bytes(onnx.load(str(into))), str(into))
    print(f"{into}: {into.stat().st_size} bytes")


def given_bytes(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same model of eight bits, given the picture as it is: (n, h, w, 3) uint8, no (n, 3, h, w) from -1 to 1.

    One step of its first tensor is one step of a pixel anyway; laying the picture out as floats, for it to make bytes
    of again, took 2 of 21 ms.
    """
    graph = model.graph
    (first,) = (node for node in graph.node if node.op_type == "QuantizeLinear" and node.input[0] == "x")
    (back,) = (node for node in graph.node if node.op_type == "DequantizeLinear" and node.input[0] == first.output[0])
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    step, middle = float(values[first.input[1]]), int(values[first.input[2]])
    if abs(step - 2 / 255) > 1e-4 or middle not in (127, 128):
        raise ValueError(f"the scenes for the eight bits are to use all of a pixel's range; they gave {step}, {middle}")
    # A pixel of 127.5 stands for 0, its byte's zero point is 128 or 127: the half step goes into the first bias.
    conv = next(node for node in graph.node if back.output[0] in node.input)
    weights, bias = (
        next(tensor for tensor in graph.initializer for node in graph.node
             if node.output[0] == name and node.input[0] == tensor.name)
        for name in conv.input[1:]
    )  # fmt: skip
    each = numpy_helper.to_array(weights).astype(np.float64).sum(axis=(1, 2, 3))
    moved = numpy_helper.to_array(bias) + np.round((middle - 127.5) * each).astype(np.int32)
    bias.CopyFrom(numpy_helper.from_array(moved.astype(np.int32), bias.name))
    nodes = [node for node in graph.node if node is not first]
    back.input[0] = "x_turned"
    nodes.insert(0, helper.make_node("Transpose", ["x"], ["x_turned"], perm=[0, 3, 1, 2]))
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info("x", TensorProto.UINT8, ["n", "h", "w", 3]))
    onnx.checker.check_model(model)
    return model


def mean(*files: Path) -> dict[str, torch.Tensor]:
    """The middle of the weights of several runs; files that are not there are left out.

    The detector's second run finds steep plates that the first one misses, and places corners less well; the mean of
    both does both. That of the reader's last two runs reads small plates better than either. It works because the later
    run began where the earlier one ended.
    """
    states = [torch.load(file, map_location="cpu")["average"] for file in files if file.exists()]
    return {
        name: sum(state[name] for state in states) / len(states) if value.dtype.is_floating_point else value
        for name, value in states[0].items()
    }


def main() -> None:
    """All networks, or those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(".training"))
    parser.add_argument("--seed", type=int, default=1, help="of the scenes that the detector was trained on")
    parser.add_argument("--into", type=Path, default=Path("drivers/camera/weights"))
    given = parser.parse_args()
    reader, head, detector = (given.work / name for name in ("reader.pt", "head.pt", "detector.pt"))
    if reader.exists():
        net = ReaderNet()
        net.load_state_dict(mean(given.work / "reader-2.pt", reader))
        notes = {"characters": CHARS, "colors": json.dumps(COLORS)}
        write(
            net, torch.zeros(1, 3, HEIGHT_PX, WIDTH_PX), ["chars", "color"], {0: "n"}, notes, given.into / "reader.onnx"
        )
    if head.exists():
        layers = HeadNet()
        layers.load_state_dict(mean(head))
        write(
            layers, torch.zeros(1, 24, SEEN_VALUES), ["chars"], {0: "n", 1: "frames"},
            {"characters": CHARS, "sees": fingerprint(PPOCR_V4)}, given.into / "head.onnx",
        )  # fmt: skip
    if detector.exists():
        finder = DetectorNet()
        finder.load_state_dict(mean(given.work / "detector-1.pt", detector))
        write(finder, torch.zeros(1, 3, SCENE_PX, SCENE_PX), ["map"], {0: "n", 2: "h", 3: "w"},
              {"stride": str(STRIDE)}, given.into / "detector.onnx")  # fmt: skip
        scenes = loaded(given.work, "scenes", given.seed, 0)
        in_eight_bits(given.into / "detector.onnx", given.into / "detector_int8.onnx", scenes)


if __name__ == "__main__":
    main()
