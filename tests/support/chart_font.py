"""Cuts the curve's font out of Noto Sans CJK: see app/reviews/fonts/README.md. ``python -m tests.support.chart_font FILE``."""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

from app.reviews.drawing import FAMILY, FONT, characters

# Spoken of already, and in no vocabulary yet.
_SPARE = "承诺兑现"


def cut(collection: Path) -> bytes:
    """The font with just those signs, under its own name."""
    font: TTFont = next(
        each for each in TTCollection(str(collection)) if each["name"].getDebugName(1) == "Noto Sans CJK SC"
    )
    options = subset.Options(layout_features=["kern"], notdef_outline=True, name_IDs=[0, 13, 14], hinting=False)
    options.desubroutinize = True
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters() + _SPARE)
    cutter.subset(font)
    for number, name in ((1, FAMILY), (2, "Regular"), (4, FAMILY), (6, FAMILY.replace(" ", ""))):
        font["name"].setName(name, number, 3, 1, 0x409)
    font["CFF "].cff.fontNames[0] = FAMILY.replace(" ", "")
    font.save(str(FONT))
    return FONT.read_bytes()


if __name__ == "__main__":
    print(f"{len(cut(Path(sys.argv[1]))):,} bytes")
