"""The texts with which a new school begins; each school makes them its own.

They are content, not screen texts: a channel's words are kept per language in its own row, and
every version of them that was shown is kept with the answers (R9).
"""

from __future__ import annotations

_CHANNEL_WORDS: dict[str, dict[str, dict[str, str]]] = {
    "website": {
        "nl": {
            "name": "Website van de school",
            "example": "Een foto van de sportdag op de fotopagina van onze website.",
            "audience": (
                "Iedereen op internet kan de foto zien en opslaan, ook zoekmachines. Wat een ander"
                " heeft opgeslagen, kunnen wij niet terughalen."
            ),
        },
        "en": {
            "name": "School website",
            "example": "A photo of the sports day on the photo page of our website.",
            "audience": (
                "Everybody on the internet can see and save the photo, search engines too. What"
                " somebody else has saved we cannot take back."
            ),
        },
    },
    "besloten": {
        "nl": {
            "name": "Besloten fotopagina voor ouders",
            "example": "Een foto van het schoolreisje, die ouders zien nadat zij zijn ingelogd.",
            "audience": (
                "Alleen ouders en medewerkers van onze school, na inloggen. Zij zouden een foto"
                " kunnen opslaan; wij vragen hun om dat niet door te sturen."
            ),
        },
        "en": {
            "name": "Closed photo page for parents",
            "example": "A photo of the school trip that parents see after signing in.",
            "audience": (
                "Only parents and staff of our school, after signing in. They could save a photo;"
                " we ask them not to pass it on."
            ),
        },
    },
}

# What a school may tell that it does without consent (`consent.information`): to begin with, and on
# no form by itself. Whether it is so there, and on that basis, is for the school to say.
INFORMATION: dict[str, dict[str, dict[str, str]]] = {
    "file": {
        "nl": {
            "title": "Een pasfoto in het eigen dossier",
            "text": (
                "In de administratie staat een pasfoto bij de naam. Alleen medewerkers die haar"
                " nodig hebben, zien haar. De foto komt nergens anders."
            ),
            "basis": (
                "Het is nodig om te weten wie wie is: een taak van algemeen belang (artikel 6,"
                " lid 1, onder e, van de AVG)."
            ),
        },
        "en": {
            "title": "A portrait in one's own file",
            "text": (
                "The administration keeps a portrait beside the name. Only staff who need it see"
                " it. The photo goes nowhere else."
            ),
            "basis": (
                "It is needed to know who is who: a task in the public interest (GDPR, article"
                " 6(1)(e))."
            ),
        },
    },
    "exam": {
        "nl": {
            "title": "Een pasfoto bij toetsen en examens",
            "text": (
                "Wie een examen afneemt, kijkt of degene die het maakt dezelfde is als op de"
                " pasfoto."
            ),
            "basis": (
                "Het is nodig om een examen eerlijk af te nemen: een taak van algemeen belang"
                " (artikel 6, lid 1, onder e, van de AVG)."
            ),
        },
        "en": {
            "title": "A portrait at tests and exams",
            "text": (
                "Whoever holds an exam looks whether the person who sits it is the one in the"
                " portrait."
            ),
            "basis": (
                "It is needed to hold an exam fairly: a task in the public interest (GDPR, article"
                " 6(1)(e))."
            ),
        },
    },
    "lesson": {
        "nl": {
            "title": "Opnamen om van te leren",
            "text": (
                "Een leerkracht neemt soms iets op, zoals een spreekbeurt of een oefening, om er in"
                " de les op terug te kijken. De opname wordt niet gedeeld en daarna gewist."
            ),
            "basis": (
                "Het hoort bij het geven van onderwijs: een taak van algemeen belang (artikel 6,"
                " lid 1, onder e, van de AVG)."
            ),
        },
        "en": {
            "title": "Recordings to learn from",
            "text": (
                "A teacher sometimes records something, such as a talk or an exercise, to look back"
                " at it in the lesson. The recording is not shared, and erased afterwards."
            ),
            "basis": (
                "It is part of teaching: a task in the public interest (GDPR, article 6(1)(e))."
            ),
        },
    },
}

# A beginning for a school without a protocol of its own; the participation council approves the
# text that it becomes. Dutch, as the protocols are that it draws on.
PROTOCOL_DRAFT = """\
1. Wij publiceren een foto alleen als iedereen die herkenbaar in beeld is daarvoor toestemming gaf.
   Geen antwoord is een nee.
2. Wie geen toestemming gaf, maken wij onherkenbaar. Kan dat niet, dan plaatsen wij de foto niet.
3. Wij publiceren alleen via de kanalen van de school, nooit via een eigen account.
4. Foto's staan niet langer dan nodig op een eigen telefoon: na het uploaden gaan ze daar weg.
5. In een bijschrift staat geen naam, tenzij daarvoor toestemming is.
6. Twijfel je? Publiceer dan niet, en leg de foto voor aan je leidinggevende.
7. Trekt iemand de toestemming in, dan halen wij de foto's meteen weg.
8. Wij markeren leerlingen zonder toestemming niet en vragen niet naar de reden.
9. Gaat er iets mis? Meld het direct: het kan een datalek zijn.
"""


def channel_words(slug: str) -> dict[str, dict[str, str]]:
    """The words of one of the two channels of a new school: "website" or "besloten"."""
    return {language: dict(texts) for language, texts in _CHANNEL_WORDS[slug].items()}
