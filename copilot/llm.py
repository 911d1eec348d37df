"""The one door to a language model: any OpenAI-compatible endpoint, or none at all.

Nothing depends on it: whoever asks must go on without an answer. It is never a source of facts.
"""

from django.conf import settings


class ModelError(Exception):
    """No language model is configured, or it gave no answer; the message says what to do."""


def is_configured() -> bool:
    """Whether an endpoint is named in the settings."""
    return bool(settings.OPENAI_BASE_URL or settings.OPENAI_API_KEY)


def ask(instruction: str, text: str, *, most_tokens: int = 200) -> str:
    """Return what the model writes about a text; the text is data, put apart from the instruction.

    Raises:
        ModelError: none is configured, it can't be reached in time, or it refuses.
    """
    if not is_configured():
        raise ModelError("no language model is configured: set OPENAI_BASE_URL, or OPENAI_API_KEY")
    import openai  # heavy; a process that asks nothing never pays

    client = openai.OpenAI(
        base_url=settings.OPENAI_BASE_URL or None,
        api_key=settings.OPENAI_API_KEY or "none",  # the client wants one, many servers of one's own do not
        timeout=settings.OPENAI_TIMEOUT,
        max_retries=1,
    )
    try:
        answer = client.chat.completions.create(
            model=settings.OPENAI_MODEL,
            messages=[{"role": "system", "content": instruction}, {"role": "user", "content": text}],
            max_tokens=most_tokens,
            temperature=0,
        )
        content = answer.choices[0].message.content
    except openai.APITimeoutError as error:
        raise ModelError(f"the language model did not answer within {settings.OPENAI_TIMEOUT:g} s") from error
    except openai.OpenAIError as error:
        raise ModelError(f"the language model at {client.base_url} can't be used: {error}") from error
    except (IndexError, AttributeError, TypeError) as error:
        raise ModelError(
            f"{client.base_url} answers in no form that OpenAI's API has: check OPENAI_BASE_URL"
        ) from error
    finally:
        client.close()
    if not content:
        raise ModelError(f"the language model at {client.base_url} answered nothing")
    return content
