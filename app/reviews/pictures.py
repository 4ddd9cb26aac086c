"""A drawing as a picture: PNG, by resvg, with our own font alone, so that it is the same on every machine."""

from typing import Final

import resvg_py

from app.reviews.drawing import FAMILY, FONT

WIDTH: Final = 1_920
"""Twice the drawing's own: sharp in print across a page of A4."""


def png(svg: str) -> bytes:
    """The picture. It takes some hundredths of a second."""
    return resvg_py.svg_to_bytes(
        svg_string=svg, width=WIDTH, background="#FFFFFF", skip_system_fonts=True, font_files=[str(FONT)],
        font_family=FAMILY, sans_serif_family=FAMILY,
    )  # fmt: skip
