"""The tables of plates that the decision core reads by, as the plain data that recognisers are given. Nothing else."""

from dataclasses import replace

from controller.domain.plates import REGIONS, masks
from controller.domain.plates.shapes import ANY_RATIOS
from controller.domain.terms import PlateColor
from drivers.camera.plate_form import PlateForm, plate_forms

FOREIGN_GROUNDS = (PlateColor.BLACK, PlateColor.OTHER, PlateColor.WHITE)
"""In China nothing on blue, green or yellow is foreign: elsewhere only a few lands and states have such grounds."""


ANY = "any"
"""For pictures of which nobody says where they were taken; a lane always stands in one region."""


def plates_of_region(region: str) -> tuple[PlateForm, ...]:
    """A region's own plates, then the foreign ones that are read there too; KeyError for an unknown region.

    Nearly all are laid out as the region's own: one of other proportions was seen from the side.
    """
    grounds = tuple(map(str, FOREIGN_GROUNDS)) if region == "cn" else ()
    forms = plate_forms(masks(region)) + _foreign(plate_forms(REGIONS[region].elsewhere), grounds)
    return tuple(replace(form, ratios=ANY_RATIOS, gaps=()) for form in forms)


def plates_of_any_region() -> tuple[PlateForm, ...]:
    """The plates of China, then all of the other regions, short ones and those on yellow ground too; digits alone last:
    any letter that is taken for a digit makes such a text of the others.

    Proportions and gaps help to tell whose plate it is.
    """
    grounds = tuple(map(str, (*FOREIGN_GROUNDS, PlateColor.YELLOW)))
    rows = dict.fromkeys(row for region in ("eu", "br", "us") for row in masks(region))
    others = (replace(row, rare=row.rare or row.is_of_digits) for row in rows)
    return plate_forms(masks("cn")) + _foreign(plate_forms(others), grounds)


def _foreign(forms: tuple[PlateForm, ...], grounds: tuple[str, ...]) -> tuple[PlateForm, ...]:
    return tuple(replace(form, foreign=True, colors=grounds) for form in forms)
