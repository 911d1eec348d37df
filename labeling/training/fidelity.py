"""How near quantised vectors stay to the original model's: the sample of sentences, and the measure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SENTENCES = (
    "ok",
    "reader dead",
    "thanks, all sorted!",
    "Where is my payout from Friday?",
    "it did it again",
    "MY CARD READER HAS BEEN STUCK ON UPDATING FOR TWO HOURS AND I HAVE A QUEUE OUT OF THE DOOR",
    "Could you tell me whether the monthly fee is charged on the day I upgrade or on the first of the month?",
    "error 0x80070057: the parameter is incorrect (module sync, line 412)",
    "I am out of the office until 14 March with no access to e-mail. For urgent matters ring 020 7946 0123.",
    "Bonjour, je n'arrive plus à me connecter à mon compte depuis hier soir.",
    "hi so basically my mum set this up and now she cant remember which email she used and the code goes to her "
    "old phone which we dont have any more so how do we get in please its quite urgent as its market day",
    "Order 20412, placed 3 May, two receipt printers, tracking says delivered. Nothing here.",
    "Is the refund limit 180 days or 30 days? The page says both.",
    "We help businesses like yours reach page one of Google. Fancy a quick call this week?",
    "£1,249.60 was taken twice on 12/11 from the same customer, once at 10:02 and once at 10:03.",
    "The tablet stand wobbles. Also the screen has gone dim, and can I have VAT invoices by quarter?",
    "how do i give my saturday girl her own pin without her seeing the takings",
    "You people are a joke. I want to speak to a manager. NOW.",
    "My accountant needs the statements for April 2023 to March 2024 as a spreadsheet, not as PDF files.",
    "👍👍",
    "Does it work without internet? We trade in a field with no signal, twice a month, and take about forty cards.",
    "The bank says the chargeback was filed as goods not received. I have the signed delivery note and photos of "
    "the parcel on the doorstep. Where do I upload these, and how long until you know the result?",
    "pls cancel",
    "Our legal form changes from sole trader to limited company on 1 April: do we keep our account and our readers?",
)


@dataclass(frozen=True)
class Fidelity:
    """Cosines between two encoders' vectors of the same n sentences."""

    mean_cosine: float
    min_cosine: float
    n: int


def fidelity(reference: NDArray[np.float32], vectors: NDArray[np.float32]) -> Fidelity:
    """Compare float32[n, d] with float32[n, d], both of length 1 row by row."""
    cosines = (reference * vectors).sum(axis=1)
    return Fidelity(mean_cosine=float(cosines.mean()), min_cosine=float(cosines.min()), n=len(cosines))
