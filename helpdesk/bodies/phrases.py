"""The words that open and close a message, by language: data for `splitting`, nothing else.

To add a language, add its phrases here in lower case without punctuation, and rows to tests/helpdesk/test_bodies.py.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREETINGS = frozenset(
    {
        # English
        "hi", "hi there", "hello", "hello there", "hey", "hey there", "hiya", "dear", "greetings", "morning",
        "good morning", "good afternoon", "good evening", "good day",
        # German
        "hallo", "guten tag", "guten morgen", "guten abend", "moin", "servus", "grüezi", "grüß gott", "liebe",
        "lieber", "liebes", "sehr geehrte", "sehr geehrter",
        # French
        "bonjour", "bonsoir", "salut", "cher", "chère", "chers",
        # Spanish
        "hola", "buenos días", "buenas tardes", "buenas noches", "buenas", "estimado", "estimada", "estimados",
        # Italian, Portuguese, Dutch
        "ciao", "buongiorno", "gentile", "olá", "bom dia", "boa tarde", "prezado", "prezada", "beste", "geachte",
        "goedemorgen", "goedemiddag",
    }
)  # fmt: skip

# Who may be greeted in lower case.
ADDRESSED = _words(
    """all again and both colleagues everybody everyone folks guys ladies madam mate miss mr mrs ms or sir sirs support
    team there
    alle damen frau herr herren und
    à et madame messieurs monsieur équipe
    a e equipo señor señora señores y"""
)

CLOSINGS = frozenset(
    {
        # English
        "regards", "kind regards", "kindest regards", "best regards", "warm regards", "warmest regards",
        "with kind regards", "with best regards", "many thanks and kind regards", "thanks and regards",
        "thanks and best regards", "thanks and kind regards", "best", "best wishes", "with best wishes",
        "all the best", "all best", "cheers", "thanks", "many thanks", "thanks again", "thanks so much",
        "thanks a lot", "thanks very much", "thanks in advance", "many thanks in advance", "thank you",
        "thank you again", "thank you so much", "thank you very much", "thank you in advance", "thx", "ta",
        "with thanks", "yours", "yours sincerely", "yours faithfully", "yours truly", "sincerely", "respectfully",
        "warmly", "take care", "speak soon", "talk soon",
        # German
        "mit freundlichen grüßen", "mit freundlichem gruß", "mit besten grüßen", "mit herzlichen grüßen",
        "freundliche grüße", "beste grüße", "viele grüße", "liebe grüße", "herzliche grüße", "schöne grüße", "grüße",
        "gruß", "schönen gruß", "mfg", "lg", "vg", "danke", "danke schön", "danke im voraus", "vielen dank",
        "vielen dank im voraus", "besten dank",
        # French
        "cordialement", "bien cordialement", "bien à vous", "sincères salutations", "meilleures salutations", "merci",
        "merci beaucoup", "merci d'avance", "merci par avance", "bonne journée", "à bientôt",
        # Spanish
        "saludos", "un saludo", "saludos cordiales", "un cordial saludo", "atentamente", "gracias", "muchas gracias",
        "gracias de antemano", "mil gracias",
        # Italian, Portuguese, Dutch
        "cordiali saluti", "distinti saluti", "grazie", "grazie mille", "atenciosamente", "obrigado", "obrigada",
        "met vriendelijke groet", "met vriendelijke groeten", "groeten", "bedankt",
    }
)  # fmt: skip

# Small words inside names, firms and addresses.
PARTICLES = _words("and at av da das de del della der di do dos du für la le of the und van von y")

# Substrings of a legal footer's paragraph, in lower case. Nobody writes these by hand.
LEGAL_MARKS = (
    "confidentiality notice",
    "if you are not the intended recipient",
    "if you have received this e-mail in error",
    "if you have received this email in error",
    "if you received this e-mail in error",
    "if you received this email in error",
    "intended only for the",
    "intended solely for",
    "is confidential and may be",
    "is confidential and intended",
    "are confidential and intended",
    "consider the environment before printing",
    "diese e-mail enthält vertrauliche",
    "nicht der richtige adressat",
    "ce message et toutes les pièces jointes",
    "ce message et ses pièces jointes",
    "este mensaje y sus archivos adjuntos",
    "este mensaje puede contener información confidencial",
)

# Words after which names, numbers and addresses are what the message is about, so they are no signature.
DETAILS_FOLLOW = _words(
    """address addresses call contact deliver delivery details email follows number phone postcode reach ring send ship
    adresse anschrift anrufen nummer telefon
    coordonnées numéro téléphone
    dirección número teléfono"""
)

# The names of a quoted mail's headers.
FROM_HEADERS = _words("from von de da van från")
SUBJECT_HEADERS = _words("subject betreff objet asunto oggetto assunto onderwerp ämne")
OTHER_HEADERS = _words(
    """cc date sent to an datum gesendet à envoyé enviado fecha para a data inviato aan verzonden skickat till"""
)
