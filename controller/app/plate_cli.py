"""`gatehouse plate`: gives the recogniser the table of plates that the decision core reads by. Nothing else."""

from controller.domain.plates import masks
from drivers.camera.plate_cli import plate_app
from drivers.camera.plate_form import PlateForm, plate_forms


def chinese_plates() -> tuple[PlateForm, ...]:
    """The shapes of Chinese plates as plain data."""
    return plate_forms(masks("cn"))


app = plate_app(chinese_plates)
