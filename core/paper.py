"""Paper: A4 pages as a PDF, in every language of the form, from right to left where it is read so.

The letters travel inside the file, so that it looks the same on every machine. Two runs with the
same words and moment give the same bytes: a receipt can be made anew and compared.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

import segno
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TableBordersLayout, XPos, YPos

from core.i18n import reads_from_right

_FONTS = Path(__file__).resolve().parent.parent / "static" / "vendor"
FAMILY = "dejavu"
MARGIN_MM = 18.0
# 10.5 points is about what this typeface needs to be read by everybody at arm's length.
BODY_PT, HEADING_PT, TITLE_PT, SMALL_PT = 10.5, 12.5, 17.0, 8.5
_LINE = 1.45  # times the size of the letters
# A phone reads a code of this size from the hand.
_QR_MM = 24.0
_POINT_MM = 5.0
_FOOT_MM = 12.0

# The words at the foot of a page: which sheet of how many.
Foot = Callable[[int, int], str]

T = TypeVar("T")


def line_mm(size: float) -> float:
    """The height of a line of letters of `size` points."""
    return size * _LINE * 25.4 / 72


class Paper(FPDF):
    """A document that is written from top to bottom; millimetres, from the upper left corner."""

    def __init__(self, language: str, title: str, made_at: datetime) -> None:
        super().__init__(orientation="portrait", unit="mm", format="A4")
        self._foot: Foot | None = None
        self._starts: list[tuple[int, Foot | None]] = []
        self._below = 0.0
        self.from_right = reads_from_right(language)
        self.set_creation_date(made_at)
        self.set_title(title)
        self.set_lang(language)
        self.set_producer("Beeldpoort")
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, MARGIN_MM)
        self.add_font(FAMILY, "", _FONTS / "dejavu-sans.ttf")
        self.add_font(FAMILY, "B", _FONTS / "dejavu-sans-bold.ttf")
        self._shape()
        self.add_page()

    def _shape(self) -> None:
        self.set_text_shaping(
            use_shaping_engine=True, direction="rtl" if self.from_right else "ltr"
        )

    def title_line(self, text: str) -> None:
        self.paragraph(text, size=TITLE_PT, bold=True, after_mm=3)

    def heading(self, text: str) -> None:
        self.ln(2)
        self.paragraph(text, size=HEADING_PT, bold=True, after_mm=1)

    def paragraph(
        self, text: str, *, size: float = BODY_PT, bold: bool = False, after_mm: float = 2.5
    ) -> None:
        """`text` over the whole width, in as many lines as it needs."""
        self.set_font(FAMILY, "B" if bold else "", size)
        self.multi_cell(
            0,
            line_mm(size),
            text,
            align="R" if self.from_right else "L",
            new_x=XPos.LMARGIN,
            new_y=YPos.NEXT,
        )
        self.ln(after_mm)

    def next_document(self, language: str) -> None:
        """Begin another one on a new sheet of the same file, printed on both sides or not."""
        self._end_document()
        if self.page_no() % 2:
            self.add_page()
        self.speak(language)
        self.add_page()

    def speak(self, language: str) -> None:
        """Go on in `language`, from its own side."""
        self.from_right = reads_from_right(language)
        self._shape()

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        """Some words in another language within this one."""
        before = self.from_right
        self.speak(language)
        yield
        self.from_right = before
        self._shape()

    def every_page(self, foot: Foot) -> None:
        """Put words at the foot of every page of this document, from the present one on."""
        self._foot = foot
        self._starts.append((self.page_no(), foot))

    def _end_document(self) -> None:
        """Write the feet of the document that ends: only now is known how long it is."""
        if self._foot is None:
            return
        first, last = self._starts[-1][0], self.page_no()
        self.set_auto_page_break(False)
        for page in range(first, last + 1):
            self.page = page
            # Another one first: a page that was left keeps its own, and an equal one is not said.
            self.set_font(FAMILY, "B", BODY_PT)
            self.set_xy(self.l_margin, self.h - _FOOT_MM)
            self.paragraph(self._foot(page - first + 1, last - first + 1), size=SMALL_PT)
        self.page = last
        self.set_auto_page_break(True, MARGIN_MM)
        self._foot = None

    def qr(self, content: str, caption: str) -> None:
        """A code for a phone in the far upper corner, with what it says below it."""
        file = io.BytesIO()
        segno.make_qr(content, error="m").save(file, kind="png", scale=8, border=1)
        file.seek(0)
        left = self.l_margin if self.from_right else self.w - self.r_margin - _QR_MM
        top = self.get_y()
        self.image(file, left, top, _QR_MM, _QR_MM)
        self.set_xy(left - _QR_MM / 2 if not self.from_right else left, top + _QR_MM)
        self.set_font(FAMILY, "B", SMALL_PT)
        self.cell(_QR_MM * 1.5, 5, caption, align="L" if self.from_right else "R")
        self._below = top + _QR_MM + 7
        # What stands beside it keeps away from it, until `below_qr`.
        self.set_left_margin(MARGIN_MM + (_QR_MM * 1.5 if self.from_right else 0))
        self.set_right_margin(MARGIN_MM + (0 if self.from_right else _QR_MM * 1.5))
        self.set_xy(self.l_margin, top)

    def below_qr(self) -> None:
        """Go on over the whole width, below the code."""
        top = max(self.get_y(), self._below)
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_xy(self.l_margin, top)

    def point(self, text: str) -> None:
        """One of several short sentences, with a dot before it."""
        middle = self.get_y() + line_mm(BODY_PT) / 2
        edge = self.w - self.r_margin - 1.5 if self.from_right else self.l_margin + 1.5
        self.set_fill_color(0)
        self.circle(edge, middle, 0.7, style="F")
        if self.from_right:
            self.set_right_margin(MARGIN_MM + _POINT_MM)
        else:
            self.set_left_margin(MARGIN_MM + _POINT_MM)
        self.set_x(self.l_margin)
        self.paragraph(text, after_mm=0.5)
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        self.set_x(self.l_margin)

    def height_of(self, text: str, width: float, size: float, *, bold: bool = False) -> float:
        """How high `text` becomes at that width."""
        self.set_font(FAMILY, "B" if bold else "", size)
        found = self.multi_cell(
            width, line_mm(size), text, dry_run=True, output=MethodReturnValue.HEIGHT
        )
        assert isinstance(found, float | int)  # noqa: S101 - what was asked for
        return float(found)

    def written(self) -> bytes:
        """The file."""
        self._end_document()
        return bytes(self.output())

    def pairs(self, rows: Iterable[tuple[str, str]]) -> None:
        """A few facts, each with its name before it."""
        self.set_font(FAMILY, "", BODY_PT)
        aside: Literal["L", "R"] = "R" if self.from_right else "L"
        order = _mirrored if self.from_right else _as_it_is
        with self.table(
            borders_layout=TableBordersLayout.NONE,
            col_widths=order((30, 144)),
            first_row_as_headings=False,
            line_height=line_mm(BODY_PT),
            text_align=aside,
        ) as table:
            for name, text in rows:
                table.row(order((name, text)))
        self.ln(3)

    def answers(self, rows: Iterable[tuple[str, str, str]]) -> None:
        """Where, what and the answer: a line under each."""
        self.set_font(FAMILY, "", BODY_PT)
        aside: Literal["L", "R"] = "R" if self.from_right else "L"
        order = _mirrored if self.from_right else _as_it_is
        with self.table(
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            col_widths=order((80, 64, 30)),
            first_row_as_headings=False,
            line_height=line_mm(BODY_PT),
            padding=(1.2, 1),
            text_align=aside,
        ) as table:
            for texts in rows:
                table.row(order(texts))
        self.ln(4)

    def attach(self, name: str, data: bytes, media_type: str, at: datetime) -> None:
        """A file inside the file, as it is: readers of PDF offer it beside the pages."""
        self.embed_file(
            bytes=data,
            basename=name,
            mime_type=media_type,
            creation_date=at,
            modification_date=at,
            compress=False,
        )


def _as_it_is(parts: tuple[T, ...]) -> tuple[T, ...]:
    return parts


def _mirrored(parts: tuple[T, ...]) -> tuple[T, ...]:
    return parts[::-1]
