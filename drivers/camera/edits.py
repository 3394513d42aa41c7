"""By how many characters two texts differ. Values in, a number out; nothing else may be put here."""


def edits(one: str, other: str) -> int:
    """Characters to put in, leave out or change to make one text of the other (Levenshtein)."""
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, 1):
        before, row[0] = row[0], number
        for at, wanted in enumerate(other, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (char != wanted))
    return row[-1]
