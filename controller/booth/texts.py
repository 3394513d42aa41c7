"""The words of the booth page per language, looked up by key; reasons of the core have their texts in the domain.

No sentence may be put here: the tables stand in `texts_live`, `texts_pages`, `texts_aim`. A missing key is our bug.
"""

from controller.booth.texts_aim import AIM
from controller.booth.texts_live import LIVE
from controller.booth.texts_pages import PAGES

LANGUAGES: tuple[tuple[str, str], ...] = (("zh-Hans", "简体中文"), ("zh-Hant", "繁體中文"), ("en", "English"))
INDEX = {code: index for index, (code, _) in enumerate(LANGUAGES)}
TABLE: dict[str, tuple[str, str, str]] = {**LIVE, **PAGES, **AIM}


def text(language: str, key: str, **values: object) -> str:
    """The text of `key`; `{names}` in it are filled from `values`. KeyError for a key that no table has."""
    found = TABLE[key][INDEX[language]]
    return found.format(**values) if values else found


def text_or(language: str, key: str, otherwise: str) -> str:
    """The text of a key made from a value that may be newer than this page; then the value itself."""
    return TABLE[key][INDEX[language]] if key in TABLE else otherwise
