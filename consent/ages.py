"""Birthdays and school years as the law and a school count them, in Dutch calendar days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from consent.model import AfterLeaving
from core.clock import start_of_day

AGE_OF_DECISION = 16  # Dutch data protection law (UAVG 5): parental consent until 16
AGE_OF_MAJORITY = 18

# A Dutch school year ends on 31 July by law (Wet op het primair onderwijs, begin of 1 August).
_SCHOOL_YEAR_BEGINS = (8, 1)


def birthday(born: date, age: int) -> date:
    """The day on which somebody born on `born` turns `age`; 29 February counts from 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def turns(born: date, age: int) -> datetime:
    """The moment in UTC at which that day begins in the Netherlands."""
    return start_of_day(birthday(born, age))


def end_of_school_year(day: date) -> datetime:
    """The moment at which the school year that holds `day` is over."""
    return start_of_day(_next_school_year(day))


def leaves(left_on: date) -> datetime:
    """The moment from which somebody whose last day is `left_on` has left."""
    return start_of_day(left_on + timedelta(days=1))


def stays_until(left_on: date, after_leaving: AfterLeaving) -> datetime:
    """The moment until which what is out of somebody who has left may stay there."""
    match after_leaving:
        case AfterLeaving.SCHOOL_YEAR:
            return end_of_school_year(left_on)
        case AfterLeaving.ONE_MORE_YEAR:
            return end_of_school_year(_next_school_year(left_on))
        case _:
            return leaves(left_on)


def _next_school_year(day: date) -> date:
    """The first day of the school year after the one that holds `day`."""
    begins = date(day.year, *_SCHOOL_YEAR_BEGINS)
    return begins if day < begins else begins.replace(year=day.year + 1)
