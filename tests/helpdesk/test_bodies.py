"""Text cleaning: nothing of the real text is lost, nothing else stays, and no input takes long."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk import bodies
from helpdesk.bodies import clipping

MEGABYTE = 1_000_000
INTRODUCTION = "On Mon, 4 May 2026 at 10:12, Maya"
REL = 'rel="noopener noreferrer nofollow"'


def filled(pattern: str) -> str:
    return (pattern * (MEGABYTE // len(pattern) + 1))[:MEGABYTE]


# Clipping


@given(st.text(alphabet=[*"ab \n\t\r\x00\x85\xa0\u2028\ufeff\ud800é"], max_size=90))
def test_a_body_that_is_taken_for_plain_has_nothing_to_clip(body: str) -> None:
    if clipping._is_plain(body):
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(clipping, "_is_plain", lambda body: False)
            assert bodies.clipped(body) == body


def test_ordinary_words_are_taken_for_plain() -> None:
    assert clipping._is_plain("Où est-il ?\n\nIt is 5 € too dear.")


@pytest.mark.parametrize("body", ["a" + " " * 20 + "b", "a\n \nb", "a\n\n\nb", "a\xa0b\rc", "a\ud800"])
def test_what_is_to_be_clipped_is_never_taken_for_plain(body: str) -> None:
    assert not clipping._is_plain(body)


# Quoted threads


@pytest.mark.parametrize(
    ("body", "text", "quoted"),
    [
        ("It is on.\n\n> Is it on?\n> Maya", "It is on.", "> Is it on?\n> Maya"),
        (f"It is on.\n\n{INTRODUCTION} <m@tillwren.example> wrote:\nIs it on?", "It is on.", "Is it on?"),
        (f"It is on.\n\n{INTRODUCTION} Lind\n<m@tillwren.example>\nwrote:\n> Is it on?", "It is on.", "Maya"),
        ("Yes\n\n-----Original Message-----\nFrom: Maya\nIs it on?", "Yes", "Is it on?"),
        ("Yes\n\n---------- Forwarded message ---------\nFrom: Jean\n\nVAT?", "Yes", "VAT?"),
        ("Ja, ist an.\n\nAm 4. Mai 2026 um 10:12 schrieb Maya <m@a.example>:\nIst er an?", "Ja, ist an.", "Ist er an?"),
        ("Sí.\n\nEl lun, 4 may 2026 a las 10:12, Maya (<m@a.example>) escribió:\n¿Está?", "Sí.", "¿Está?"),
        ("Oui.\n\nLe lun. 4 mai 2026 à 10:12, Maya <m@a.example> a écrit :\nEst-il allumé ?", "Oui.", "allumé"),
        ("Oui.\n\nLe 4 mai 2026 à 10:12, Maya a écrit:\nEst-il allumé ?", "Oui.", "allumé"),
        ("Yes\n\n_______________\nFrom: Maya\nSent: Monday\nTo: Ana\nSubject: Reader\n\nIs it on?", "Yes", "____"),
        ("Ja\n\nVon: Maya\nGesendet: Montag\nAn: Ana\nBetreff: Leser\n\nIst er an?", "Ja", "Ist er an?"),
        ("As asked.\n\nBegin forwarded message:\n\nFrom: Jean\nSubject: VAT\nDate: May\n\nVAT?", "As asked.", "VAT?"),
    ],
)  # fmt: skip
def test_a_quoted_thread_is_apart_from_the_text(body: str, text: str, quoted: str) -> None:
    parts = bodies.split(body)
    assert parts.text == text
    assert quoted in parts.quoted


def test_answers_between_and_below_quoted_lines_stay() -> None:
    body = "On 4 May 2026, Maya wrote:\n> Is it on?\nYes.\n> Is it paired?\n\nNo, it says TW-31."
    assert bodies.split(body).text == "Yes.\n\nNo, it says TW-31."


@pytest.mark.parametrize(
    "body",
    [
        "On page 3 you wrote:\nRefunds are free. Are they?",
        "I am moving the shop.\nFrom: London\nTo: Leeds\nDate: 3 May\nDoes the reader still work?",
        "Original message was too long, so again:\nthe printer jams.",
        "I pressed Settings > About > Check for updates and it says:\nTW-12",
        "It prints\n_____\nacross the receipt.",
    ],
)
def test_text_that_only_looks_quoted_stays(body: str) -> None:
    assert bodies.split(body) == bodies.Parts("", body, "", "", "")


# Greetings


@pytest.mark.parametrize(
    "greeting",
    [
        "Hi", "Hi Ana,", "Hi there!", "hello", "Hello Tillwren team,", "Dear Ms Poole,",
        "Dear Sir or Madam,", "Dear {{customer.first_name}},", "Hi {{ first_name }}!", "Good morning Maya",
        "Good morning,", "GOOD EVENING ANA,", "hi ana,", "Hey all,", "Hi, Ana,", "Hello Ana-Maria O'Neill,",
        "Hallo Maya,", "Guten Tag Frau Lind,", "Sehr geehrte Damen und Herren,",
        "Hola Maya:", "Buenos días,", "Bonjour Madame,", "Chère Maya,",
    ],
)  # fmt: skip
def test_a_greeting_line_is_apart_from_the_text(greeting: str) -> None:
    parts = bodies.split(f"{greeting}\n\nmy reader is dead.")
    assert (parts.greeting, parts.text) == (greeting, "my reader is dead.")


@pytest.mark.parametrize(
    ("body", "greeting", "text"),
    [
        ("Hi Maya, my reader is dead.", "Hi Maya,", "my reader is dead."),
        ("Hello! My reader is dead.", "Hello!", "My reader is dead."),
        ("Morning all. My reader is dead.", "Morning all.", "My reader is dead."),
        ("Hi - my reader is dead.", "Hi -", "my reader is dead."),
        ("Hi, I can't pair it.", "Hi,", "I can't pair it."),
        ("Hi {{first_name}}, I can help.", "Hi {{first_name}},", "I can help."),
        ("Hello\nGood morning,\nis it down?", "Hello\nGood morning,", "is it down?"),
        ("Hola, buenos días, ¿está roto?", "Hola,\nbuenos días,", "¿está roto?"),
    ],
)
def test_a_greeting_in_front_of_text_is_cut_off(body: str, greeting: str, text: str) -> None:
    parts = bodies.split(body)
    assert (parts.greeting, parts.text) == (greeting, text)


@pytest.mark.parametrize(
    "body",
    [
        "hello help, it broke\nagain",
        "Hello my reader is dead",
        "Hi I can't pair it\nwhat now",
        "HELLO MY READER IS DEAD\nwhat now",
        "Hi, TW-31 again",
        "Hidden fees?\nI found three.",
        "Good morning is when I open\nso tell me before",
        "Dear me, what a mess\nplease help",
    ],
)
def test_words_after_a_greeting_are_kept_where_in_doubt(body: str) -> None:
    parts = bodies.split(body)
    assert Counter(parts.text.split()) + Counter(["Hi,"] * parts.greeting.count("Hi,")) == Counter(
        body.split()
    )


# Closings and signatures


@pytest.mark.parametrize(
    "closing",
    [
        "Kind regards,\nMaya", "Kind regards,\nMaya Lind\nMoney Desk, Tillwren",
        "Yours sincerely,\n\nWendy Hargreaves (Mrs.)",
        "Happy selling,\nMaya", "Happy selling,\n{agent}", "Cheers", "Cheers, Bob", "Best,\nA. Poole",
        "Thanks,\nAna", "thanks!", "thanks,\nana", "Thanks all!", "Thank you so much",
        "Many thanks in advance\n\nBest regards\nAna Poole",
        "Mit freundlichen Grüßen\nUwe Bär", "Viele Grüße, Uwe", "Saludos,\nLuz", "Cordialement,\nZoé de la Tour",
    ],
)  # fmt: skip
def test_a_closing_is_apart_from_the_text(closing: str) -> None:
    parts = bodies.split(f"The refund was sent today.\n\n{closing}")
    assert (parts.text, parts.closing) == ("The refund was sent today.", closing)


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nMaya Lind\nTillwren Ltd. is a company that writes long signatures for its people. It does.",
        "--\nMaya Lind\n+44 20 7946 0000",
        "Sent from my iPhone",
        "Sent from my Samsung Galaxy smartphone.",
        "Sent from my phone, please excuse typos.",
        "Sent from Yahoo Mail on Android",
        "Get Outlook for Android <https://aka.ms/x>",
        "Von meinem iPhone gesendet",
        "Envoyé depuis mon téléphone",
        "Enviado desde mi iPhone",
        "Ana Poole\nCorner Bakery\n12 High Street, Leeds LS1 4AP\nTel: 0113 496 0000 | ana@corner.example",
        "This e-mail is intended solely for its addressee.\nDo not print it.",
        "Sent from my iPad\n\nCONFIDENTIALITY NOTICE: keep this to yourself.",
    ],
)
def test_a_signature_is_apart_from_the_text(signature: str) -> None:
    parts = bodies.split(f"The refund was sent today.\n\n{signature}")
    assert (parts.text, parts.signature) == ("The refund was sent today.", signature)


def test_contact_lines_under_a_closing_are_signature() -> None:
    parts = bodies.split("Done.\n\nKind regards,\nMaya Lind\nMoney Desk\n020 7946 0000\nwww.tillwren.example")
    assert parts.closing == "Kind regards,\nMaya Lind\nMoney Desk"
    assert parts.signature == "020 7946 0000\nwww.tillwren.example"


def test_a_postscript_is_text() -> None:
    parts = bodies.split("It works.\n\nThanks,\nAna\n\nPS: and the printer?")
    assert (parts.text, parts.closing) == ("It works.\n\nPS: and the printer?", "Thanks,\nAna")


@pytest.mark.parametrize(
    "body",
    [
        "Please deliver it here:\n\nAna Poole\nCorner Bakery\n0113 496 0000",
        "My new phone number.\n\nAna Poole\n0113 496 0000",
        "The new owner is called:\n\nBest\nAna Poole",
        "I chose option A\n--\nbut what I really wanted was option B, and nobody told me that it costs more than that.",
        "It broke.\nSent from my phone but nothing arrived",
        "It broke.\nGet my phone working",
        "It broke.\nSent from my phone, can you see it?",
        "I have a question.\n\nThanks to the update it stopped again",
        "Thanks,\nplease hurry with it",
        "Send it to\nCorner Bakery,\nLeeds",
        "It works, thanks.",
        "Which plan?\n\nPlus",
    ],
)
def test_an_end_that_could_be_text_stays(body: str) -> None:
    assert bodies.split(body) == bodies.Parts("", body, "", "", "")


@pytest.mark.parametrize(
    "body",
    ["hi", "Hi!", "Thanks!", "thank you so much", "Hello,\n\n", "Cheers, Bob", "Sent from my iPhone", "👍"],
)
def test_a_body_of_one_polite_thing_keeps_it_as_text(body: str) -> None:
    assert bodies.split(body) == bodies.Parts("", body.strip(), "", "", "")


def test_thanks_between_greeting_and_closing_are_the_text() -> None:
    assert bodies.split("Hi Maya,\n\nThanks!\n\nKind regards,\nAna").text == "Thanks!"
    assert bodies.split("Hi Maya,\n\nThanks!").text == "Thanks!"


def test_a_body_of_quoted_lines_only_has_no_text() -> None:
    assert bodies.split("> Is it on?") == bodies.Parts("", "", "", "", "> Is it on?")
    assert bodies.split("") == bodies.Parts("", "", "", "", "")


LINES = st.sampled_from(
    [
        *("", "It broke.", "Hi Ana,", "hello", "Hi Maya, it broke", "{{x}}", "!", "a, b:", "PS: more"),
        *(
            "Thanks",
            "Kind regards,",
            "Ana",
            "Money Desk",
            "-- ",
            "--",
            "Sent from my iPhone",
            "0113 496 0000",
        ),
        *(
            "> quoted",
            "On 4 May 2026, M wrote:",
            "Am 4. Mai 2026 schrieb M:",
            "From: M",
            "Subject: S",
            "To: A",
        ),
        *("intended solely for you", "_" * 32),
    ]
)


@settings(deadline=None)
@given(st.lists(st.one_of(LINES, st.text(max_size=30)), max_size=12).map("\n".join))
def test_every_word_is_in_exactly_one_part(body: str) -> None:
    parts = bodies.split(body)
    together = "\n".join([parts.greeting, parts.text, parts.closing, parts.signature, parts.quoted])
    assert Counter(together.split()) == Counter(bodies.clipped(body).split())
    if parts.greeting or parts.closing or parts.signature:
        assert parts.text


# Languages

LANGUAGES = ["en", "de", "fr", "es", "it", "nl", "pl", "pt"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("My card reader won't connect to my phone any more.", "en"),
        ("Mein Kartenleser verbindet sich nicht mit dem Handy.", "de"),
        ("Mon lecteur de carte ne se connecte plus au téléphone.", "fr"),
        ("Mi lector de tarjetas no se conecta con el teléfono.", "es"),
        ("when will the money be in my bank account please", "en"),
        ("https://dashboard.tillwren.example/disputes/ my payout has not arrived yet", "en"),
    ],
)
def test_the_language_is_told(text: str, code: str) -> None:
    assert bodies.language(text, allowed=LANGUAGES) == code


def test_the_language_is_one_of_those_allowed() -> None:
    assert bodies.language("My card reader won't connect to my phone.", allowed=["de", "fr"]) in {"de", "fr"}


@pytest.mark.parametrize(
    "text",
    ["", "thanks!", "a" * 19, "12345 67890 12345 67890 12345", "https://tillwren.example/help/reader/mini"],
)
def test_below_twenty_letters_the_fallback_is_returned(text: str) -> None:
    assert bodies.language(text, allowed=["en", "de"]) is None
    assert bodies.language(text, allowed=["en", "de"], fallback="de") == "de"


def test_an_unknown_or_missing_language_is_refused() -> None:
    with pytest.raises(ValueError, match="Unknown language code"):
        bodies.language("a text with more than twenty letters", allowed=["en", "xx"])
    with pytest.raises(ValueError, match="name at least one, such as 'en'"):
        bodies.language("a text with more than twenty letters", allowed=[])


# HTML


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hi,</p><p>it broke.</p>", "Hi,\n\nit broke."),
        ("<div>Hi,</div><div>it broke.</div>", "Hi,\nit broke."),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("Fish &amp; chips &lt; &#163;10&nbsp;each", "Fish & chips < £10 each"),
        ("<ul><li><p>one</p></li><li>two</ul>", "- one\n\n- two"),
        ("<ol><li>one<li>two</ol>after", "- one\n- two\n\nafter"),
        ("<table><tr><td>Fee</td><td>1 %</td></tr><tr><td>Min</td><td>1.00</td></tr></table>", "Fee 1 %\nMin 1.00"),
        ("Yes.<blockquote><p>Is it on?</p></blockquote>No.", "Yes.\n\n> Is it on?\n\nNo."),
        ("<head><title>Mail</title><style>p {}</style></head><body>a<script>b()</script>c<!-- d -->e</body>", "ace"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ('<a title="a > b" href="https://a.example">link</a>', "link"),
        ("no markup\nat all", "no markup at all"),
        ("<p", "<p"),
        ("&#" + "1" * 5000 + ";x", "\N{REPLACEMENT CHARACTER}x"),
    ],
)  # fmt: skip
def test_html_becomes_plain_text(html: str, text: str) -> None:
    assert bodies.plain(html) == text


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>Hi <b>Ana</b></p>", "<p>Hi <b>Ana</b></p>"),
        ('<img src="https://spy.example/1.gif" alt="x">text', "text"),
        ('<p style="color:red" onclick="x()" class="a" id="b">text</p>', "<p>text</p>"),
        ("<script>x()</script><style>p{}</style><iframe src=x>y</iframe>text", "text"),
        ('<form action="/x"><input name="a"><button>Go</button></form>', "Go"),
        ("<svg/onload=alert(1)>text", "text"),
        ("<b>unclosed", "<b>unclosed</b>"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("a < b", "a &lt; b"),
        ('<a href="https://a.example/?a=1&amp;b=2">x</a>', f'<a href="https://a.example/?a=1&amp;b=2" {REL}>x</a>'),
        ("<a href=mailto:a@b.example target=_blank>x</a>", f'<a href="mailto:a@b.example" {REL}>x</a>'),
        ('<a href="  JAVA&#115;cript:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<a href="data:text/html,x">x</a>', f"<a {REL}>x</a>"),
        ('<a href="/admin/">x</a>', f"<a {REL}>x</a>"),
        ('<a href="//evil.example">x</a>', f"<a {REL}>x</a>"),
        ("<a href='https://a.example/\" id=\"x'>x</a>", f'<a href="https://a.example/&quot; id=&quot;x" {REL}>x</a>'),
    ],
)  # fmt: skip
def test_html_is_made_safe(html: str, safe: str) -> None:
    assert bodies.sanitised(html) == safe


SCRAPS = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<a href='https://a.example'>",
            "</a>",
            "<table>",
            "<td>",
            "</table>",
            "<li>",
        ),
        *("<script>", "</script>", "<!--", "-->", "<", ">", '"', "&", "text", " ", "<img src=x onerror=y>"),
    ]
)


@settings(deadline=None)
@given(st.lists(st.one_of(SCRAPS, st.text(max_size=8)), max_size=30).map("".join))
def test_safe_html_stays_safe_and_says_the_same_when_made_safe_again(html: str) -> None:
    """Its elements may be nested anew: a parser moves what can't stand in a table out of it."""
    safe = bodies.sanitised(html)
    assert bodies.plain(bodies.sanitised(safe)).split() == bodies.plain(safe).split()
    assert not any(f"<{tag}" in safe.lower() for tag in ("script", "img", "style", "iframe", "svg"))


# Clipping


@pytest.mark.parametrize(
    ("body", "clipped"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00b\x07c\td", "abc\td"),
        ("a\n\n\n\nb", "a\n\nb"),
        ("a\n \n\t\n\nb", "a\n\nb"),
        ("a" + " " * 19 + "b", "a" + " " * 19 + "b"),
        ("a" + " " * 20 + "b", "a b"),
        ("a\ud800b", "a\N{REPLACEMENT CHARACTER}b"),
        ("Done.\n-- \nMaya", "Done.\n-- \nMaya"),
        (" " * MEGABYTE + "word", " word"),
        ("x" * MEGABYTE, "x" * 200_000),
    ],
)
def test_a_body_is_clipped(body: str, clipped: str) -> None:
    assert bodies.clipped(body) == clipped


@settings(deadline=None)
@given(st.text(st.sampled_from("ab \t\r\n\x00\x85\u2029\xa0")))
def test_clipping_twice_changes_nothing(body: str) -> None:
    assert bodies.clipped(bodies.clipped(body)) == bodies.clipped(body)


# Hostile input: each of these takes minutes in a quadratic parser, so a regression is a test that hangs

HOSTILE = {
    "quote marks": ">" * MEGABYTE,
    "newlines": "\n" * MEGABYTE,
    "quoted lines": filled("> > > a\n"),
    "introductions": filled("On On On wrote:\n"),
    "one long introduction": "Am " + filled("schrieb "),
    "headers": filled("From: a\n"),
    "one line": "x" * MEGABYTE,
    "blanks": filled(" " * 19 + "x"),
    "thanks": filled("Thanks,\n"),
    "devices": filled("Sent from my iPhone\n"),
    "nested blocks": filled("<div>"),
    "nested lists": filled("<ul><li><div>"),
    "open formatting": "".join(f"<p><b id={n}>" for n in range(80_000)),
    "attributes": "<a " + "".join(f"a{n}=1 " for n in range(100_000)) + ">",
    "angle brackets": "<" * MEGABYTE,
    "open tags": filled("<a "),
    "open quotes": filled('<a "'),
    "comments": filled("<!--"),
    "scripts": filled("<script>"),
    "references": filled("&#11111111111"),
    "one reference": "&#" + "1" * MEGABYTE,
    "anything": "".join(random.Random(1).choices("<>/ab &;'\"=\n-:@.!p", k=MEGABYTE)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_megabyte_is_taken(name: str) -> None:
    body = bodies.clipped(HOSTILE[name])
    bodies.split(body)
    bodies.language(body, allowed=["en", "de"])
    bodies.plain(bodies.sanitised(body))
    bodies.plain(body)
