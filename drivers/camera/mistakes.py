"""What the second reader takes letters and digits for, in thousandths. A table, no rule.

Measured on 6,000 drawn plates by `python -m bench.mistakes`, which prints it anew; what came less than twice in a
thousand is left out. It was made for text of all sorts, in which digits are likelier than on plates: it takes Q for 0
56 times, and 0 for Q less than twice.
"""

TAKEN_FOR: dict[str, dict[str, int]] = {
    "6": {"8": 2, "0": 2},
    "7": {"Z": 2},
    "9": {"0": 3},
    "A": {"4": 2},
    "B": {"8": 8},
    "C": {"0": 9, "G": 2},
    "D": {"0": 22, "P": 3, "B": 3, "U": 2, "O": 2},
    "E": {"F": 4},
    "F": {"E": 63, "P": 2},
    "G": {"6": 19, "C": 11},
    "J": {"U": 4, "S": 2},
    "L": {"C": 5, "E": 4, "1": 3, "S": 3},
    "M": {"N": 18, "H": 5, "W": 3},
    "N": {"Z": 10, "W": 6, "M": 3},
    "O": {"Q": 13},
    "P": {"R": 3},
    "Q": {"0": 56, "O": 5, "D": 5},
    "R": {"P": 3, "8": 2},
    "S": {"5": 4},
    "T": {"1": 18, "7": 5, "N": 2},
    "U": {"0": 17, "O": 6, "L": 3},
    "V": {"Y": 8, "W": 6, "N": 4, "8": 3},
    "W": {"V": 18, "1": 5, "N": 4},
    "X": {"Y": 2},
    "Y": {"N": 3},
    "Z": {"7": 8, "2": 4},
}
