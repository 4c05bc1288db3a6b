"""What there is to try in the demonstration school: a story in steps, and everybody's role."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import N_


@dataclass(frozen=True)
class Role:
    """Somebody to step into: the name or key in `demo.people`, what they are, what to try."""

    who: str
    what: str
    text: str


@dataclass(frozen=True)
class Step:
    """One step of the story: as whom (None: as anybody), and what happens."""

    title: str
    text: str
    who: str | None = None
    gallery: bool = False


STORY = (
    Step(
        N_("Look at the school's public page"),
        N_(
            "Two photos of the reading morning are out. In the group photo three pupils cannot be"
            " recognised: one said no to the website, of one the two parents disagree, and one has"
            " not answered yet."
        ),
        gallery=True,
    ),
    Step(
        N_("Take consent back"),
        N_(
            "Be Marieke Voorbeeld, mother of Emma, who can be seen in both photos. Change her"
            " answer for the website to no, and save. Then load the public page again: Emma is gone"
            " from that moment on, and the photos come back with her face hidden by themselves."
        ),
        who="Marieke Voorbeeld",
    ),
    Step(
        N_("Say who is in a photo"),
        N_(
            "Be teacher Sanne Verzonnen. The photos of the sports day are in, all faces are hidden."
            " Say who they are; you see at once what each channel would show. At the chess club two"
            " names are proposed, because everybody there agreed to recognition. Upload a photo of"
            " your own too."
        ),
        who="teacher",
    ),
    Step(
        N_("Approve and publish"),
        N_(
            "Be Fleur de Proef of communications. You see what would go out, never the original."
            " Approve the photos for the closed page and publish them with a text."
        ),
        who="communications",
    ),
    Step(
        N_("See what was written down"),
        N_(
            "Be Wilma Fictief, privacy officer. Everything that you did is in the log, in codes and"
            " without names, and nobody can change it unnoticed."
        ),
        who="privacy_officer",
    ),
)

STAFF = (
    Role(
        "teacher",
        N_("Teacher"),
        N_("Makes activities, uploads photos, says who is in them and offers them to a channel."),
    ),
    Role(
        "teacher_2",
        N_("Teacher who has not read the protocol"),
        N_("Is asked to read the school's protocol before the first upload."),
    ),
    Role(
        "communications",
        N_("Communications"),
        N_("Approves what others uploaded, publishes it and takes it back."),
    ),
    Role(
        "supervisor",
        N_("Supervisor"),
        N_("Decides on photos about which somebody is in doubt."),
    ),
    Role(
        "privacy_officer",
        N_("Privacy officer"),
        N_("Reads and checks the log, and watches over the words of the form."),
    ),
    Role(
        "administrator",
        N_("Administrator"),
        N_("Keeps the lists of pupils, parents and staff, the channels and the settings."),
    ),
)

FAMILIES = (
    Role(
        "Marieke Voorbeeld",
        N_("Mother of two"),
        N_("Said yes to photos of Emma and Luuk everywhere. Emma is in both published photos."),
    ),
    Role(
        "Jeroen Verzonnen",
        N_("Father of Daan"),
        N_("Yes to the closed page, no to the website: Daan is shown in one place only."),
    ),
    Role(
        "Ruben van Demo",
        N_("Father of Sofie"),
        N_("Said no where Sofie's mother said yes. One no counts."),
    ),
    Role(
        "Sara Fictief",
        N_("Mother of Noor"),
        N_("Has not answered yet: for the product that is a no. Fill in the form yourself."),
    ),
    Role(
        "Anouk de Proef",
        N_("Mother of Sem and Tess"),
        N_("Also agreed to their names in a caption."),
    ),
    Role(
        "Eline Denkbeeldig",
        N_("Mother of Finn"),
        N_("Also agreed to recognition. Take that back, and what was learnt of his face is gone."),
    ),
    Role(
        "Tom Denkbeeldig",
        N_("Father of Finn without parental authority"),
        N_("Can read what the school asks, and cannot choose."),
    ),
)
