"""Paper that somebody fills in by hand: questions with boxes to tick, and lines to sign on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.paper import BODY_PT, FAMILY, MARGIN_MM, SMALL_PT, Paper, line_mm

# A pen's cross fits in it.
_BOX_MM, _BOX_COLUMN_MM = 4.5, 18.0
# Room to write a name or a signature.
_WRITING_MM = 11.0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the words of another language that stand in small letters below it."""

    text: str
    below: str = ""
    language_below: str = ""


class PaperByHand(Paper):
    """A document to fill in."""

    def choices(
        self, heading: str, text: str, questions: Sequence[Question], boxes: Sequence[str]
    ) -> None:
        """A frame with questions, each with empty boxes to tick behind it; never cut by a page."""
        width = self.epw - _BOX_COLUMN_MM * len(boxes)
        heights = [max(self._height_of_question(one, width - 2), 8.0) for one in questions]
        above = self.height_of(heading, self.epw - 4, BODY_PT, bold=True) if heading else 0.0
        above += self.height_of(text, self.epw - 4, SMALL_PT) if text else 0.0
        if self.will_page_break(above + sum(heights) + 2 * len(heights) + 6):
            self.add_page()
        top = self.get_y()
        self.ln(2 if heading or text else 0)
        self.set_margins(MARGIN_MM + 2, MARGIN_MM, MARGIN_MM + 2)
        self.set_x(self.l_margin)
        if heading:
            self.paragraph(heading, bold=True, after_mm=0)
        if text:
            self.paragraph(text, size=SMALL_PT, after_mm=1)
        self.set_margins(MARGIN_MM, MARGIN_MM, MARGIN_MM)
        for question, height in zip(questions, heights, strict=True):
            self._row(question, width, height, boxes)
        self.rect(self.l_margin, top, self.epw, self.get_y() - top)
        self.ln(3)

    def _height_of_question(self, question: Question, width: float) -> float:
        found = self.height_of(question.text, width, BODY_PT)
        return found + (self.height_of(question.below, width, SMALL_PT) if question.below else 0.0)

    def _row(self, question: Question, width: float, height: float, boxes: Sequence[str]) -> None:
        top = self.get_y()
        self.line(self.l_margin, top, self.w - self.r_margin, top)
        begin = self.w - self.r_margin - width if self.from_right else self.l_margin + 2
        side = "R" if self.from_right else "L"
        self.set_xy(begin, top + 1)
        self.set_font(FAMILY, "", BODY_PT)
        self.multi_cell(width - 2, line_mm(BODY_PT), question.text, align=side)
        if question.below:
            under = self.get_y()
            with self.speaking(question.language_below):
                self.set_xy(begin, under)
                self.set_font(FAMILY, "", SMALL_PT)
                self.multi_cell(width - 2, line_mm(SMALL_PT), question.below, align=side)
        self.set_font(FAMILY, "", BODY_PT)
        for number, label in enumerate(boxes):
            middle = top + (height + 2) / 2 - _BOX_MM / 2
            if self.from_right:
                left = self.l_margin + _BOX_COLUMN_MM * (len(boxes) - number) - _BOX_MM - 2
                self.rect(left, middle, _BOX_MM, _BOX_MM)
                self.set_xy(left - _BOX_COLUMN_MM + _BOX_MM + 3, middle)
                self.cell(_BOX_COLUMN_MM - _BOX_MM - 4, _BOX_MM, label, align="R")
            else:
                left = self.l_margin + width + _BOX_COLUMN_MM * number + 1
                self.rect(left, middle, _BOX_MM, _BOX_MM)
                self.set_xy(left + _BOX_MM + 0.5, middle)
                self.cell(_BOX_COLUMN_MM - _BOX_MM - 2, _BOX_MM, label)
        self.set_xy(self.l_margin, top + height + 2)

    def to_sign(self, heading: str, labels: Sequence[str]) -> None:
        """Lines on which somebody writes by hand; together on one page."""
        if self.will_page_break(_WRITING_MM * (len(labels) + 1) + 6):
            self.add_page()
        self.heading(heading)
        for label in labels:
            top = self.get_y() + _WRITING_MM
            self.set_font(FAMILY, "", BODY_PT)
            self.set_xy(self.l_margin, top - 5)
            self.cell(self.epw, 5, label, align="R" if self.from_right else "L")
            left, right = self.l_margin, self.w - self.r_margin
            if self.from_right:
                self.line(left, top, right - 40, top)
            else:
                self.line(left + 40, top, right, top)
            self.set_xy(self.l_margin, top)
        self.ln(5)
