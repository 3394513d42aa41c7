"""`gatehouse plate`: gives the recogniser the tables of plates that the decision core reads by. Nothing else."""

from functools import partial

from controller.app.plate_tables import ANY, plates_of_any_region, plates_of_region
from controller.domain.plates import REGIONS
from drivers.camera.plate_cli import plate_app

app = plate_app({ANY: plates_of_any_region} | {name: partial(plates_of_region, name) for name in REGIONS})
