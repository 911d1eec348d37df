"""The vocabulary of `facts`: units, currencies, days, negations, modals. Data, nothing else.

English is complete enough to judge by; German, French and Spanish have their common words, so that numbers, dates and
negations are seen there too. Everything is in case-folded form. A change here changes figures: raise NORM_VERSION.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _table(**rows: str) -> dict[str, str]:
    """Turn meaning="word word" into word -> meaning; an underscore stands for a blank."""
    return {word: meaning.replace("_", " ") for meaning, words in rows.items() for word in words.split()}


_NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve",
    "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "deux trois quatre cinq six sept huit neuf dix onze douze",
    "dos tres cuatro cinco seis siete ocho nueve diez once doce",
)
NUMBERS = {word: number for row in _NUMBERS for number, word in enumerate(row.split(), start=2)}
del NUMBERS["once"]  # in English it is no number

TIME_UNITS = _table(
    second="second seconds sec secs sekunde sekunden seconde secondes segundo segundos",
    minute="minute minutes min mins minuten minuto minutos",
    hour="hour hours hr hrs stunde stunden std heure heures hora horas",
    day="day days tag tage tagen jour jours día días",
    working_day="werktag werktage werktagen arbeitstag arbeitstage arbeitstagen",
    night="night nights nacht nächte nuit nuits noche noches",
    week="week weeks wk wks woche wochen semaine semaines semana semanas",
    month="month months monat monate monaten mois mes meses",
    year="year years yr yrs jahr jahre jahren année années año años",
)
OTHER_UNITS = _table(
    percent="% percent pct prozent",
    mm="mm", cm="cm", km="km", kg="kg", ml="ml", gb="gb", mb="mb", ghz="ghz", kwh="kwh",
)  # fmt: skip
GLUED_UNITS = _table(second="s", hour="h", metre="m", litre="l")  # no gram: 4G is a network
WORKING = _words("working business")

CURRENCIES = _table(
    GBP="£ gbp pound pounds quid sterling",
    EUR="€ eur euro euros",
    USD="$ usd dollar dollars",
    INR="₹ inr rupee rupees",
)
PENCE = _words("p pence penny")

ONE = _words("/ a an per each every ein eine einen einer pro je un une par chaque una por cada")
PERIODS = {
    "hourly": "1 hour", "daily": "1 day", "nightly": "1 night", "weekly": "1 week", "monthly": "1 month",
    "yearly": "1 year", "annually": "1 year", "täglich": "1 day", "wöchentlich": "1 week", "monatlich": "1 month",
    "jährlich": "1 year",
}  # fmt: skip
HOURS = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
WHICH = _words("next same following previous last this coming")
NEAR_DAYS = _table(
    today="today heute hoy",
    tonight="tonight",
    tomorrow="tomorrow demain mañana",
    yesterday="yesterday gestern hier ayer",
)

JOINERS = _words("- / to or and bis oder und ou et o y")
RANGES = _words("- to bis")
ORDINALS = _words("st nd rd th")

_MONTHS = (
    "january januar janvier enero jan", "february februar février febrero feb", "march märz mars marzo mar",
    "april avril abril apr", "may mai mayo", "june juni juin junio jun", "july juli juillet julio jul",
    "august août agosto aug", "september septembre septiembre sept sep", "october oktober octobre octubre oct",
    "november novembre noviembre nov", "december dezember décembre diciembre dec",
)  # fmt: skip
MONTHS = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}
UNSURE_MONTHS = _words("may march mars jan feb mar apr jun jul aug sept sep oct nov dec")

WEEKDAYS = _table(
    monday="monday mondays montag montags lundi lunes",
    tuesday="tuesday tuesdays dienstag dienstags mardi martes",
    wednesday="wednesday wednesdays mittwoch mittwochs mercredi miércoles",
    thursday="thursday thursdays donnerstag donnerstags jeudi jueves",
    friday="friday fridays freitag freitags vendredi viernes",
    saturday="saturday saturdays samstag samstags samedi sábado",
    sunday="sunday sundays sonntag sonntags dimanche domingo",
)
SHORT_WEEKDAYS = _table(
    monday="mon", tuesday="tue tues", wednesday="wed", thursday="thu thur thurs", friday="fri", saturday="sat",
    sunday="sun",
)  # fmt: skip

NEGATIONS = _words(
    """not no never cannot neither nor none nothing nobody nowhere without unable cant dont wont isnt arent wasnt doesnt
    didnt couldnt shouldnt wouldnt havent hasnt nicht kein keine keinen keiner keinem nie niemals ohne pas jamais sans
    nunca jamás sin"""
)
NEGATED = {
    "impossible": "", "unavailable": "available", "unnecessary": "necessary", "unsupported": "supported",
    "unchanged": "changed", "unlimited": "limited", "ineligible": "eligible", "invalid": "valid",
    "incorrect": "correct",
}  # fmt: skip

MUST = _words(
    "must mustn't needn't required obliged muss musst müssen müsst doit doivent devez dois debe deben debes"
)
MUST_BEFORE_TO = _words("have has had need needs having needing")
SHOULD = _words("should shouldn't ought sollte sollten sollen devriez devrait debería deberías")
MAY = _words("may might mightn't darf dürfen dürft")
CAN = _words(
    """can cannot can't cant could couldn't couldnt able unable kann kannst können könnt könnte könnten peut peuvent
    peux pouvez pourrait puede pueden puedes podría podrían"""
)

# Everyday words of which one can't stand for the other; each may be a word of more than one sense.
OPPOSITES = tuple(
    (one, other)
    for one, other in (
        pair.split("/")
        for pair in """on/off before/after front/back above/below old/new red/green first/last up/down open/closed
        more/less free/charge accepted/refused same/different always/never earlier/later higher/lower left/right
        inside/outside start/stop plug/unplug lock/unlock add/remove enable/disable increase/decrease win/lose
        upgrade/downgrade an/aus vor/nach avant/après antes/después""".split()
    )
)

# Politeness that holds a negation or a modal, but says nothing.
IDIOMS = tuple(
    tuple(phrase.split())
    for phrase in (
        "don't hesitate", "do not hesitate", "don't worry", "do not worry", "not to worry", "no need to worry",
        "no problem", "not a problem", "no worries", "no rush", "no doubt", "no trouble", "not at all", "not only",
        "why not", "or not", "if not", "should you", "may i", "can i", "could i", "can you", "could you",
        "i have to say", "i must say", "may be of help",
    )
)  # fmt: skip

# Words that do not say what a sentence is about, nor what a negation denies.
FUNCTION_WORDS = _words(
    """a about above actually after again all already also always am an and any anymore anything are as at be
    because been before being below both but by currently did do does doing done down during each either
    else even ever every few for from further get gets getting give given go going got had has have having
    he her here him his how however i if in into is it its it's itself just kindly let like make many me
    more most much my now of off on once one only or other our out over own per please possible quite rather
    really same she simply since so some soon still such than thank thanks that that's the their them then
    there these they this those through to too under until up upon us very via was way we were what when
    where which while who why will with within would yes yet you you'll you're you've your yours we'll we're
    we've i'll i'm i've
    aber als am auch auf aus bei bin bitte da dann das dass dem den der des die doch du ein eine einen er es
    für haben hat ich ihr ihre ihren im in ist ja man mehr mit nach noch nur oder schon sehr sein sich sie
    sind so und uns unser vom von vor wenn werden wie wir wird zu zum zur
    au aux avec ce ces cette dans de des du elle en est et il ils je la le les leur mais ne nos notre nous
    on ou par plus pour que qui sa se ses si son sont sur un une votre vous
    al como con de del el ella en es esta este hay la las lo los más mi muy nos o para pero por que se si
    son su sus te tu un una usted y ya"""
)
