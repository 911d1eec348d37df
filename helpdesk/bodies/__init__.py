"""The one owner of text cleaning: what people send becomes text that can be read, compared and classified.

Intake, pipeline and matching all come here, so that a text is prepared in one way only. Everything is pure and
takes any 1 MB of input within a second, whatever it holds: each function clips what it is given before a parser
sees it.
"""

from helpdesk.bodies.clipping import LIMIT, clipped
from helpdesk.bodies.languages import language
from helpdesk.bodies.markup import plain, sanitised
from helpdesk.bodies.splitting import Parts, split

__all__ = ["LIMIT", "Parts", "clipped", "language", "plain", "sanitised", "split"]
