"""The tables of plates that the decision core reads by, as the plain data that recognisers are given. Nothing else."""

from dataclasses import replace

from controller.domain.plates import REGIONS, masks
from controller.domain.terms import PlateColor
from drivers.camera.plate_form import PlateForm, plate_forms

FOREIGN_GROUNDS = (PlateColor.BLACK, PlateColor.OTHER, PlateColor.WHITE)
"""In China nothing on blue, green or yellow is foreign: elsewhere only a few lands and states have such grounds."""


def plates_of_region(region: str) -> tuple[PlateForm, ...]:
    """A region's own plates, then the foreign ones that are read there too; KeyError for an unknown region."""
    grounds = tuple(map(str, FOREIGN_GROUNDS)) if region == "cn" else ()
    foreign = plate_forms(REGIONS[region].elsewhere)
    return plate_forms(masks(region)) + tuple(replace(form, foreign=True, colors=grounds) for form in foreign)
