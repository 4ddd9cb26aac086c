"""The curve drawn as SVG (R58): what was gained over time, with grades, our own words and the clocks marked on it.

Nothing of what people wrote is on it, only words of our vocabularies and figures; so it is shown to anybody, and the font
that comes with it need hold few signs. One drawing serves the page, the document and the pictures alone.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Final

from app.domain.colours import colour_of
from app.domain.curve import Curve, Mark
from app.domain.labels import LABELS
from app.domain.worktime import SHANGHAI

FONT: Final = Path(__file__).with_name("fonts") / "fenghuo-chart.otf"
FAMILY: Final = "Fenghuo Chart"
_STACK: Final = f"'{FAMILY}', 'Noto Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
_INK, _FAINT, _GRID, _FILL, _LINE = "#1F1F1F", "#595959", "#E5E5E5", "#F4A6A0", "#434343"
_SILENT: Final = "#8C8C8C"
_OURS: Final = "负面传播量每分钟小时天周新增累计万亿北京时间等级另有个标记未列出取消定级无新增左轴右轴条曲线至，。：（）、—来源静默"
_STEPS: Final = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 5_760, 10_080, 20_160, 43_200, 86_400, 172_800)


def characters() -> str:
    """Every sign that a drawing may hold; the font must have them all."""
    named = ("platform", "statement_kind", "deadline_kind", "grade", "curve_mark")
    words = "".join(zh for name in named for zh, _ in LABELS[name].values())
    ascii_ = "".join(chr(code) for code in range(0x20, 0x7F))
    return "".join(sorted({*words, *_OURS, *ascii_}))


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where things stand: a wide one for paper and screens, a narrow one for phones."""

    width: int
    left: int
    right: int
    size: int
    ticks: int
    list_columns: int

    @property
    def inner(self) -> int:
        return self.width - self.left - self.right


WIDE: Final = _Frame(width=960, left=72, right=72, size=14, ticks=8, list_columns=2)
NARROW: Final = _Frame(width=420, left=52, right=50, size=13, ticks=4, list_columns=1)
_HIGH, _BADGE = 260, 9


def draw(curve: Curve, *, frame: _Frame = WIDE, with_font: bool = True) -> str:
    """The picture as one SVG element. ``with_font``: it brings its font, for whoever opens it alone."""
    return _Drawing(curve, frame).svg(with_font=with_font)


@cache
def font_css() -> str:
    """The font as a style sheet has it, so that nothing is loaded from elsewhere."""
    data = base64.b64encode(FONT.read_bytes()).decode()
    return f'@font-face{{font-family:"{FAMILY}";src:url(data:font/otf;base64,{data}) format("opentype")}}'


def amount(value: float) -> str:
    """A number as an axis has it: 1.5万."""
    for size, unit in ((100_000_000, "亿"), (10_000, "万")):
        if value >= size:
            return f"{value / size:.2f}".rstrip("0").rstrip(".") + unit
    return f"{value:g}"


def nice(top: float) -> float:
    """The end of an axis that holds so much: 1, 2, 2.5 or 5 times a power of ten times four steps."""
    step = 1.0
    while True:
        for factor in (1, 2, 2.5, 5):
            # Of whole things no step is a fraction.
            if step * factor * 4 >= top and float(step * factor).is_integer():
                return step * factor * 4
        step *= 10


class _Drawing:
    def __init__(self, curve: Curve, frame: _Frame) -> None:
        self.curve, self.frame = curve, frame
        self._span = (curve.end - curve.start).total_seconds()
        self._rows = self._staggered([mark.at for mark in curve.marks])
        flags = (max(self._rows, default=-1) + 1) * (2 * _BADGE + 2)
        self._top = 58 + flags
        self._bottom = self._top + _HIGH
        self._axis = nice(max((point.amount for point in curve.points), default=0))
        # Where minutes shrank a later correction took them back; the sum never shows less than nothing.
        self._total = sum(point.amount for point in curve.points)

    def x(self, at: datetime) -> float:
        share = (at - self.curve.start).total_seconds() / self._span
        return round(self.frame.left + share * self.frame.inner, 1)

    def _y(self, value: float, axis: float) -> float:
        return round(self._bottom - max(0.0, value) / axis * _HIGH, 1)

    def _staggered(self, instants: Sequence[datetime]) -> list[int]:
        """For each mark the row of its badge, counted from the plot, so that none covers another."""
        ends: list[float] = []
        rows = []
        for at in instants:
            x = self.x(at)
            row = next((n for n, end in enumerate(ends) if end + 2 * _BADGE + 2 <= x), len(ends))
            ends[row:] = [x, *ends[row + 1 :]]
            rows.append(row)
        return rows

    def svg(self, *, with_font: bool) -> str:
        legend = list(self._legend())
        lines = -(-len(self.curve.marks) // self.frame.list_columns) + (self.curve.more_marks > 0)
        height = self._bottom + 58 + lines * (self.frame.size + 9) + 6
        style = f"<style>{font_css()}</style>" if with_font else ""
        body = "".join((*self._heading(), *self._bands(), *self._gaps(), *self._grid(), *self._bars(), *self._sum(), *self._times(),
                        *self._flags(), *legend))  # fmt: skip
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.frame.width} {height}" '
            f'width="{self.frame.width}" height="{height}" role="img" font-family="{_STACK}" '
            f'font-size="{self.frame.size}" fill="{_INK}"><title>负面传播量曲线</title>{style}'
            f'<rect width="{self.frame.width}" height="{height}" fill="#FFFFFF"/>{body}</svg>'
        )

    def _heading(self) -> Iterator[str]:
        frame, step = self.frame, _long(self.curve.step_minutes)
        yield _text(frame.left, 24, f"负面传播量：每 {step}新增（左轴）", weight=600)
        yield _text(
            frame.width - frame.right, 44 if frame is NARROW else 24, f"累计 {self._total:,}（右轴）", "end", _LINE
        )

    def _bands(self) -> Iterator[str]:
        for band in self.curve.bands:
            x, end = self.x(max(band.start, self.curve.start)), self.x(min(band.end, self.curve.end))
            if end > x:
                colour = colour_of("grade", band.grade)
                yield _rect(x, self._top, end - x, _HIGH, colour, opacity=0.07)
                yield _rect(x, self._bottom, end - x, 5, colour)

    def _gaps(self) -> Iterator[str]:
        """Hatched, with a word for it: where nobody looked nothing is known, and the bars there say nothing."""
        if not self.curve.gaps:
            return
        yield (
            '<defs><pattern id="silent" width="7" height="7" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="7" height="7" fill="{_SILENT}" fill-opacity="0.16"/>'
            f'<rect width="2" height="7" fill="{_SILENT}" fill-opacity="0.55"/></pattern></defs>'
        )
        for gap in self.curve.gaps:
            x, end = self.x(gap.start), self.x(gap.end)
            # However short, it is seen.
            yield _rect(x, self._top, max(end - x, 1.5), _HIGH, "url(#silent)")
        x = self.frame.left + 5 * self.frame.size
        yield _rect(x, 33, 18, 12, "url(#silent)")
        yield _text(x + 24, 44, "来源静默", "start", _FAINT)

    def _grid(self) -> Iterator[str]:
        left, right = self.frame.left, self.frame.width - self.frame.right
        for quarter in range(5):
            y = self._bottom - quarter * _HIGH / 4
            yield f'<path d="M{left} {y}H{right}" stroke="{_LINE if quarter == 0 else _GRID}" fill="none"/>'
            yield _text(left - 6, y + 5, amount(self._axis * quarter / 4), "end", _FAINT)
            if self._total and quarter % 2 == 0:
                yield _text(right + 6, y + 5, amount(self._total * quarter / 4), "start", _FAINT)

    def _bars(self) -> Iterator[str]:
        parts = []
        for point in self.curve.points:
            if point.amount > 0:
                y, end = self._y(point.amount, self._axis), self.x(point.start + self.curve.step)
                parts.append(f"M{self.x(point.start)} {self._bottom}V{y}H{end}V{self._bottom}Z")
        if parts:
            yield f'<path d="{"".join(parts)}" fill="{_FILL}" stroke="#CF1322" stroke-width="0.6"/>'
        else:
            middle = (self.frame.left + self.frame.width - self.frame.right) / 2
            yield _text(middle, self._top + _HIGH / 2, "无新增", "middle", _FAINT)

    def _sum(self) -> Iterator[str]:
        if not self._total:
            return
        # A step's gain is all there at its end.
        so_far, path = 0, [f"M{self.x(self.curve.start)} {self._bottom}"]
        for point in self.curve.points:
            path.append(f"L{self.x(point.start)} {self._y(so_far, self._total)}")
            so_far += point.amount
            path.append(f"L{self.x(point.start + self.curve.step)} {self._y(so_far, self._total)}")
        path.append(f"H{self.x(self.curve.end)}")
        yield f'<path d="{"".join(path)}" stroke="{_LINE}" stroke-width="1.6" fill="none"/>'

    def _times(self) -> Iterator[str]:
        day = None
        for at in self._ticks():
            here = at.astimezone(SHANGHAI)
            x = self.x(at)
            yield f'<path d="M{x} {self._bottom}v9" stroke="{_LINE}" fill="none"/>'
            yield _text(
                x, self._bottom + 24, f"{here:%H:%M}" if self._tick < 1_440 else f"{here:%m-%d}", "middle", _FAINT
            )
            if self._tick < 1_440 and here.date() != day:
                yield _text(x, self._bottom + 40, f"{here:%m-%d}", "middle", _FAINT)
            day = here.date()
        yield _text(self.frame.left, 44, "北京时间", "start", _FAINT)

    @property
    def _tick(self) -> int:
        minutes = self._span / 60
        return next((step for step in _STEPS if minutes / step <= self.frame.ticks), _STEPS[-1])

    def _ticks(self) -> Iterator[datetime]:
        step = timedelta(minutes=self._tick)
        midnight = self.curve.start.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
        at = midnight + step * -(-(self.curve.start - midnight) // step)
        while at <= self.curve.end:
            yield at
            at += step

    def _flags(self) -> Iterator[str]:
        badges = []
        for number, (mark, row) in enumerate(zip(self.curve.marks, self._rows, strict=True), 1):
            x, colour = self.x(mark.at), colour_of("curve_mark", mark.kind)
            y = self._top - _BADGE - 4 - row * (2 * _BADGE + 2)
            dash = ' stroke-dasharray="4 3"'
            yield f'<path d="M{x} {y}V{self._bottom}" stroke="{colour}" stroke-width="1"{dash} fill="none"/>'
            badges.append(_badge(x, y, number, colour))
        # Above all lines.
        yield from badges

    def _legend(self) -> Iterator[str]:
        frame, high = self.frame, self.frame.size + 9
        top = self._bottom + 66
        per_column = -(-len(self.curve.marks) // frame.list_columns)
        for place, mark in enumerate(self.curve.marks):
            column, row = divmod(place, per_column)
            x = 24 + column * (frame.width - 24) / frame.list_columns
            yield _badge(x, top + row * high - 5, place + 1, colour_of("curve_mark", mark.kind))
            yield _text(x + 16, top + row * high, _said(mark))
        if self.curve.more_marks:
            yield _text(
                24 - _BADGE, top + per_column * high, f"另有 {self.curve.more_marks} 个标记未列出", "start", _FAINT
            )


def _said(mark: Mark) -> str:
    return f"{mark.at.astimezone(SHANGHAI):%m-%d %H:%M} {mark.label}"


def _long(minutes: int) -> str:
    for size, unit in ((10_080, "周"), (1_440, "天"), (60, "小时"), (1, "分钟")):
        if minutes % size == 0 and minutes >= size:
            count = minutes // size
            return unit if count == 1 else f"{count} {unit}"
    return ""


def _text(
    x: float, y: float, words: str, anchor: str = "start", fill: str = _INK, weight: int = 400
) -> str:  # fmt: skip
    bold = f' font-weight="{weight}"' if weight != 400 else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{fill}"{bold}>{escape(words)}</text>'


def _rect(x: float, y: float, width: float, height: float, fill: str, opacity: float = 1) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height:g}" fill="{fill}" fill-opacity="{opacity:g}"/>'
    )


def _badge(x: float, y: float, number: int, colour: str) -> str:
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{_BADGE}" fill="{colour}"/>'
        f'<text x="{x:g}" y="{y + 4:g}" text-anchor="middle" fill="#FFFFFF" font-size="11">{number}</text>'
    )
