"""Every screen of the product: where it stands, as whom, and what is done there to see it.

`test_album.py` sees to it that no page is left out; `make screenshots` keeps a picture of each.
 Names begin with the role, so that a folder of pictures reads as a walk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

from core.clock import LOCAL, now
from tests.screens.places import LEFT, PUPIL_15, PUPIL_16

LIVED_IN, NEW, EMPTY, DEMO, RESTORED = "lived in", "new", "empty", "demo", "restored"

NOOR, EMMA, OLIVIA = "Noor Fictief", "Emma Voorbeeld", "Olivia Pretend"
OMAR = "Omar Zogenaamd"
SARA, MARIEKE, TOM = "Sara Fictief", "Marieke Voorbeeld", "Tom Denkbeeldig"


@dataclass(frozen=True)
class Screen:
    """One picture: `who` None is a visitor; text in `values` names one of the place's ids."""

    name: str
    endpoint: str
    who: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    place: str = LIVED_IN
    act: Callable[[Page], None] | None = None
    dark: bool = False  # a picture of it in the dark as well
    paper: bool = False  # and as it is printed


# ---------------------------------------------------------------------- what is done to see it


def wrong_password(page: Page) -> None:
    page.get_by_label("E-mailadres").fill("sara.fictief@regenboog.example")
    page.get_by_label("Wachtwoord").fill("verkeerd")
    page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(page.locator(".error-summary, .notice-error").first).to_be_visible()


def answer(page: Page) -> None:
    cards = page.locator(".yes-no-cards")
    cards.nth(0).locator("label").nth(0).click()
    cards.nth(1).locator("label").nth(1).click()


def answer_and_check(page: Page) -> None:
    answer(page)
    page.locator("form[data-consent] .actions .button").click()
    expect(page.locator(".summary-list").first).to_be_visible()


def choose_children(page: Page) -> None:
    for box in page.locator("input[name=kind]").all():
        box.check()
    page.get_by_role("button", name="Naar de vragen").click()
    expect(page.locator("form[data-consent]")).to_be_visible()


def choose_and_check(page: Page) -> None:
    choose_children(page)
    answer_and_check(page)


def open_all(page: Page) -> None:
    """Unfold whatever can be unfolded on the page."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def in_arabic(page: Page) -> None:
    """Choose the language as its reader does: by its own name."""
    page.locator("details.account summary").click()
    page.get_by_role("button", name="العربية").click()
    expect(page.locator("html[dir=rtl]")).to_have_count(1)


def in_arabic_and_check(page: Page) -> None:
    in_arabic(page)
    page.locator(".yes-no-cards").nth(0).locator("label").nth(1).click()
    page.locator("form[data-consent] .actions .button").click()
    expect(page.locator(".summary-list").first).to_be_visible()


def open_account(page: Page) -> None:
    page.locator("details.account summary").click()


def open_menu(page: Page) -> None:
    if page.locator(".menu-button").is_visible():
        page.locator(".menu-button").click()


def send_empty(page: Page) -> None:
    """Send the form of the page with nothing in it."""
    page.locator("main form[method=post] .actions .button").first.click()
    expect(page.locator(".error-summary, .error").first).to_be_visible()


def preview(page: Page) -> None:
    page.locator("input[name=foto]").first.check()
    page.get_by_label("Tekst").fill("Deze week was het voorleesochtend op het schoolplein.")
    page.locator(".actions button[value=preview]").click()
    expect(page.locator(".preview")).to_be_visible()


def ask_now(page: Page) -> None:
    moment = now().astimezone(LOCAL)
    page.fill("#day", moment.date().isoformat())
    page.fill("#time", moment.time().isoformat("seconds"))
    page.press("#time", "Enter")
    page.wait_for_selector("h3")


def check_log(page: Page) -> None:
    page.locator(".page-head form button").click()
    expect(page.locator(".notice").first).to_be_visible()


def ask(page: Page) -> None:
    """The question before something final."""
    page.locator("form[data-confirm] button").last.click()
    expect(page.locator("dialog[open]")).to_be_visible()


# ---------------------------------------------------------------------- the walk

_CHILD = {"person_id": NOOR}
_AMIRA = {"person_id": "Amira Zogenaamd"}
_EMMA = {"person_id": EMMA}
_BOARD = {"channel_id": "channel website"}

SCREENS = [
    Screen("01-visitor-galleries", "public.galleries"),
    Screen("01-visitor-gallery", "public.show", values={"slug": "website"}, dark=True),
    Screen("01-visitor-post", "public.post", values={"token": "token"}),
    Screen("01-visitor-gallery-empty", "public.show", values={"slug": "website"}, place=NEW),
    Screen("01-visitor-gone", "public.post", values={"token": "x" * 22}),
    Screen("02-door-sign-in", "accounts.sign_in", dark=True),
    Screen("02-door-sign-in-wrong", "accounts.sign_in", act=wrong_password),
    Screen("02-door-languages", "accounts.sign_in", act=open_account),
    Screen("02-door-ask-link", "accounts.ask_link"),
    Screen("02-door-link-asked", "accounts.link_asked"),
    Screen("02-door-use-link", "accounts.use_link", values={"token": "link"}),
    Screen("02-door-link-unusable", "accounts.use_link", values={"token": "x"}),
    Screen("02-door-invitation", "accounts.invitation", values={"token": "invitation"}),
    Screen(
        "02-door-invitation-empty",
        "accounts.invitation",
        values={"token": "invitation"},
        act=send_empty,
    ),
    Screen("02-door-first-start", "start.begin", place=EMPTY),
    Screen("02-door-first-start-errors", "start.begin", place=EMPTY, act=send_empty),
    Screen("03-guardian-overview", "guardian.index", SARA, dark=True),
    Screen("03-guardian-overview-answered", "guardian.index", MARIEKE),
    Screen("03-guardian-form", "guardian.child", SARA, _CHILD, dark=True),
    Screen("03-guardian-form-unfolded", "guardian.child", SARA, _CHILD, act=open_all),
    Screen("03-guardian-form-chosen", "guardian.child", SARA, _CHILD, act=answer),
    Screen("03-guardian-check", "guardian.child", SARA, _CHILD, act=answer_and_check),
    Screen("03-guardian-done", "guardian.done", MARIEKE, _EMMA | {"keuze": "decision"}),
    Screen("03-guardian-recognition", "guardian.recognition", SARA, _CHILD),
    Screen("03-guardian-together", "together.choose", MARIEKE),
    Screen(
        "03-guardian-together-form",
        "together.choose",
        MARIEKE,
        act=choose_children,
    ),
    Screen("03-guardian-together-check", "together.choose", MARIEKE, act=choose_and_check),
    Screen(
        "03-guardian-taken-over",
        "guardian.child",
        MARIEKE,
        {"person_id": "Luuk Voorbeeld", "overnemen": EMMA},
    ),
    Screen("03-guardian-photos", "guardian.photos", MARIEKE, _EMMA),
    Screen("03-guardian-photos-none", "guardian.photos", SARA, _CHILD),
    Screen("03-guardian-history", "guardian.history", MARIEKE, _EMMA),
    Screen("03-guardian-then", "own_then.mine_then", MARIEKE, _EMMA, act=ask_now),
    Screen("03-guardian-history-none", "guardian.history", SARA, _CHILD),
    Screen("03-guardian-withdraw", "guardian.withdraw", MARIEKE, _EMMA),
    Screen(
        "03-guardian-form-version",
        "guardian.form_version",
        MARIEKE,
        {"form_id": "form"},
        paper=True,
    ),
    Screen("03-guardian-informed", "guardian.child", TOM, {"person_id": "Finn Denkbeeldig"}),
    Screen(
        "03-guardian-passed-on", "guardian.child", "Ouder Bijna-Volwassen", {"person_id": PUPIL_16}
    ),
    Screen("03-guardian-overview-arabic", "guardian.index", OMAR, act=in_arabic),
    Screen("03-guardian-form-arabic", "guardian.child", OMAR, _AMIRA, act=in_arabic, dark=True),
    Screen("03-guardian-check-arabic", "guardian.child", OMAR, _AMIRA, act=in_arabic_and_check),
    Screen("03-guardian-closed-gallery", "public.show", SARA, {"slug": "besloten"}),
    Screen("03-guardian-account", "own.account", SARA),
    Screen(
        "03-guardian-activity",
        "own_activity.show",
        SARA,
        {**_CHILD, "activity_id": "asking"},
    ),
    Screen("03-guardian-menu", "guardian.index", SARA, act=open_account),
    Screen(
        "04-pupil-16-choices", "guardian.child", f"account of {PUPIL_16}", {"person_id": PUPIL_16}
    ),
    Screen(
        "04-pupil-15-objection", "guardian.child", f"account of {PUPIL_15}", {"person_id": PUPIL_15}
    ),
    Screen(
        "04-pupil-looking-on",
        "looking_on.choose",
        f"account of {PUPIL_16}",
        {"person_id": PUPIL_16},
    ),
    Screen(
        "04-pupil-history", "guardian.history", f"account of {PUPIL_16}", {"person_id": PUPIL_16}
    ),
    Screen("04-staff-own-choices", "guardian.child", "teacher", {"person_id": "Sanne Verzonnen"}),
    Screen("05-teacher-activities", "activities.index", "teacher", dark=True),
    Screen("05-teacher-activities-none", "activities.index", "teacher", place=NEW),
    Screen("05-teacher-new-activity", "activities.create", "teacher"),
    Screen("05-teacher-new-activity-errors", "activities.create", "teacher", act=send_empty),
    Screen("05-teacher-attendance", "activities.attendance", "teacher", {"activity_id": "reading"}),
    Screen(
        "05-teacher-activity", "activities.show", "teacher", {"activity_id": "reading"}, dark=True
    ),
    Screen("05-teacher-activity-refused", "activities.show", "teacher", {"activity_id": "sports"}),
    Screen(
        "05-teacher-activity-protocol-first",
        "activities.show",
        "teacher_2",
        {"activity_id": "reading"},
    ),
    Screen(
        "05-teacher-activity-none",
        "activities.show",
        "teacher",
        {"activity_id": "activity"},
        place=NEW,
    ),
    Screen("05-teacher-ask", "asks.show", "teacher", {"activity_id": "reading"}),
    Screen("05-teacher-asked", "asks.show", "teacher", {"activity_id": "asking"}),
    Screen("05-teacher-change-activity", "activities.edit", "teacher", {"activity_id": "reading"}),
    Screen(
        "05-teacher-list",
        "paper.not_photographed",
        "teacher",
        {"activity_id": "reading"},
        paper=True,
    ),
    Screen("05-teacher-notice", "paper.notice", "teacher", {"activity_id": "reading"}, paper=True),
    Screen("05-teacher-review", "review.show", "teacher", {"item_id": "photo of sports"}),
    Screen(
        "05-teacher-review-named",
        "review.show",
        "teacher",
        {"item_id": "photo of reading"},
        dark=True,
    ),
    Screen("05-teacher-review-proposed", "review.show", "teacher", {"item_id": "photo of chess"}),
    Screen(
        "05-teacher-review-unfolded",
        "review.show",
        "teacher",
        {"item_id": "photo of chess"},
        act=open_all,
    ),
    Screen(
        "05-teacher-crop",
        "review.show",
        "teacher",
        {"item_id": "photo of reading", "modus": "bijsnijden"},
    ),
    Screen("05-teacher-run", "run.show", "teacher", {"activity_id": "sports"}, dark=True),
    Screen("05-teacher-run-done", "run.show", "teacher", {"activity_id": "reading"}),
    Screen("05-teacher-run-proposals", "batch.proposals", "teacher", {"activity_id": "chess"}),
    Screen("05-teacher-run-left-hidden", "batch.left", "teacher", {"activity_id": "sports"}),
    Screen("05-teacher-activity-closed", "activities.index", "teacher", place=RESTORED),
    Screen("05-teacher-protocol", "accounts.protocol", "teacher"),
    Screen("05-teacher-protocol-unread", "accounts.protocol", "teacher_2"),
    Screen("05-teacher-recognition", "enrol.index", "teacher"),
    Screen("05-teacher-recognition-off", "enrol.index", "teacher", place=NEW),
    Screen(
        "05-teacher-recognition-person", "enrol.show", "teacher", {"person_id": "Amira Zogenaamd"}
    ),
    Screen("06-communications-channels", "board.choose", "communications"),
    Screen("06-communications-board", "board.show", "communications", _BOARD, dark=True),
    Screen("06-communications-board-new", "board.show", "communications", _BOARD, place=NEW),
    Screen(
        "06-communications-photo",
        "board.review",
        "communications",
        {"channel_id": "offered on", "publication_id": "offered"},
        dark=True,
    ),
    Screen(
        "06-communications-compose",
        "posts.compose",
        "communications",
        {"channel_id": "channel besloten"},
    ),
    Screen(
        "06-communications-compose-nothing", "posts.compose", "communications", _BOARD, place=NEW
    ),
    Screen(
        "06-communications-preview",
        "posts.compose",
        "communications",
        {"channel_id": "channel besloten"},
        act=preview,
    ),
    Screen("06-communications-post", "posts.show", "communications", _BOARD | {"post_id": "post"}),
    Screen(
        "06-communications-post-taking-back",
        "posts.show",
        "communications",
        _BOARD | {"post_id": "post"},
        act=ask,
    ),
    Screen(
        "06-communications-history",
        "board.history",
        "communications",
        _BOARD | {"column": "published"},
    ),
    Screen(
        "06-communications-history-none",
        "board.history",
        "communications",
        _BOARD | {"column": "retracted"},
    ),
    Screen("07-supervisor-doubts", "review.doubts", "supervisor"),
    Screen("07-supervisor-doubts-none", "review.doubts", "supervisor", place=NEW),
    Screen("07-supervisor-photo", "review.show", "supervisor", {"item_id": "photo of sports"}),
    Screen("08-privacy-log", "log.index", "privacy_officer", dark=True),
    Screen(
        "08-privacy-then",
        "then.index",
        "privacy_officer",
        {"person": NOOR},
        act=ask_now,
    ),
    Screen("08-privacy-log-checked", "log.index", "privacy_officer", act=check_log),
    Screen(
        "08-privacy-log-nothing",
        "log.index",
        "privacy_officer",
        {"first": "2020-01-01", "last": "2020-01-02"},
    ),
    Screen("08-privacy-protection", "protection.index", "privacy_officer", {"q": "noor"}),
    Screen("08-privacy-erasing", "erasing.index", "privacy_officer"),
    Screen("08-privacy-erasing-one", "erasing.person", "privacy_officer", {"person_id": LEFT}),
    Screen("08-privacy-erasing-not-yet", "erasing.person", "privacy_officer", _CHILD),
    Screen(
        "08-privacy-erasing-guardian",
        "erasing.guardian",
        "privacy_officer",
        {"account_id": "Ouder Vertrokken"},
    ),
    Screen("08-privacy-menu", "log.index", "privacy_officer", act=open_menu),
    Screen("09-admin-home", "admin.home", "administrator", dark=True),
    Screen("09-admin-home-new", "admin.home", "administrator", place=NEW),
    Screen("09-admin-groups", "admin.groups", "administrator"),
    Screen("09-admin-groups-none", "admin.groups", "administrator", place=NEW),
    Screen("09-admin-group", "admin.group", "administrator", {"group_id": "group"}),
    Screen("09-admin-people", "people.index", "administrator"),
    Screen("09-admin-people-not-found", "people.index", "administrator", {"q": "xyz"}),
    Screen("09-admin-people-none", "people.index", "administrator", place=NEW),
    Screen("09-admin-person", "people.show", "administrator", _CHILD),
    Screen("09-admin-person-add", "people.add", "administrator", {"kind": "pupil"}),
    Screen(
        "09-admin-person-add-errors",
        "people.add",
        "administrator",
        {"kind": "pupil"},
        act=send_empty,
    ),
    Screen("09-admin-person-change", "people.change", "administrator", _CHILD),
    Screen(
        "09-admin-guardian",
        "people.guardian",
        "administrator",
        {"person_id": OLIVIA, "account_id": "Grace Pretend"},
    ),
    Screen("09-admin-guardian-add", "people.add_guardian", "administrator", _CHILD),
    Screen("09-admin-pupil-account", "pupils.account", "administrator", {"person_id": PUPIL_16}),
    Screen("09-admin-objection", "objections.record", "administrator", _CHILD),
    Screen("09-admin-sixteen", "sixteen.index", "administrator"),
    Screen("09-admin-recorded", "recorded.choices", "administrator", {"person_id": "visitor"}),
    Screen("09-admin-evidence", "evidence.index", "administrator"),
    Screen("09-admin-coverage", "coverage.index", "administrator"),
    Screen("09-admin-papers", "papers.index", "administrator"),
    Screen("09-admin-paper", "papers.enter", "administrator", {"paper_id": "paper"}),
    Screen("09-admin-staff", "staff.index", "administrator"),
    Screen("09-admin-staff-add", "staff.add", "administrator"),
    Screen("09-admin-staff-member", "staff.show", "administrator", {"account_id": "teacher"}),
    Screen("09-admin-channels", "admin.channels", "administrator"),
    Screen("09-admin-channel", "channels.edit", "administrator", _BOARD),
    Screen("09-admin-channel-stricter", "stricter.show", "administrator", _BOARD),
    Screen("09-admin-translations", "translations.index", "administrator"),
    Screen("09-admin-translation", "translations.show", "administrator", {"language": "ar"}),
    Screen("09-admin-information", "information.index", "administrator"),
    Screen("09-admin-information-new", "information.add", "administrator"),
    Screen("09-admin-channel-new", "channels.add", "administrator"),
    Screen("09-admin-channel-close", "channels.closing", "administrator", _BOARD),
    Screen("09-admin-settings", "settings.edit", "administrator"),
    Screen("09-admin-protocol", "settings.protocol", "administrator"),
    Screen("09-admin-restored-nothing", "recovery.show", "administrator"),
    Screen("09-admin-restored", "recovery.show", "administrator", place=RESTORED, dark=True),
    Screen("09-admin-restored-open", "recovery.open_again", "administrator", place=RESTORED),
    Screen("10-demo-start", "demo.index", place=DEMO),
    Screen("10-demo-outbox", "demo.outbox", place=DEMO),
    *[
        Screen(f"11-error-{code}", "failure", values={"code": code})
        for code in (400, 403, 404, 409, 413, 429, 500, 503)
    ],
]

# Pages that need no picture of their own, each with the reason.
NO_PICTURE = {
    "information.edit": "looks like `information.add`, which is in the album",
    "paper.not_photographed_file": "a file",
    "accounts.home": "only leads on to the first page of the role",
    "guardian.own": "only leads on to one's own choices",
    "review.start": "only leads on to the first photo with faces to name",
    "activities.status": "numbers for the script, no page",
    "public.file": "a picture, no page",
    "public.size": "a picture, no page",
    "board.picture": "a picture, no page",
    "board.face": "a picture, no page",
    "pictures.photo": "a picture, no page",
    "pictures.small": "a picture, no page",
    "pictures.preview": "a picture, no page",
    "pictures.face": "a picture, no page",
    "run.questions": "what the script asks next, no page",
    "run.search": "what the script finds, no page",
    "uploads.tell": "how far an upload is, for the script",
    "health.alive": "for machines",
    "health.ready": "for machines",
    "public.atom": "a feed for programs",
    "log.table": "a file to keep",
    "log.lines": "a file to keep",
    "proof.paper": "a file to keep",
    "proof.record": "a file to keep",
    "proof.keys": "for machines",
    "static": "style sheets, scripts and icons",
}
