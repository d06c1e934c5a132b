"""Check of a model provider by one real question."""

import asyncio
from contextlib import aclosing
from time import monotonic
from typing import Final

from domain.conversations.sampling import Sampling
from domain.models.messages import ModelRequest, Piece, Reasoning, Stop, Text, UserTurn
from domain.models.ports import ChatModels
from domain.shared.errors import ProviderError, ProviderReason, Unavailable
from domain.shared.untrusted import in_short
from entrypoints.cli.doctor.checks import with_plugins
from entrypoints.cli.doctor.findings import DoctorFinding, State
from entrypoints.settings.settings import Settings

_QUESTION: Final = "Answer with one word: ready."
_LONGEST: Final = 300.0  # seconds; a local model may have to be loaded first
_ANSWER_LENGTH: Final = 256  # tokens; some models spend most of it on reasoning

# Advice for the operator; the error message itself says what is wrong.
_ADVICE: Final = {
    ProviderReason.AUTHENTICATION: "Make a new key in the provider's console, or check that this "
    "one is whole, and that its project may use the model.",
    ProviderReason.RATE_LIMITED: "Look at the limits and the balance in the provider's console.",
    ProviderReason.MODEL_NOT_FOUND: "Give another name with --model; the provider's "
    "documentation lists them.",
    ProviderReason.REJECTED: "The model may not take what every run sends: try another model.",
    ProviderReason.OVERLOADED: "The provider's status page says whether others see it, too.",
    ProviderReason.UNREACHABLE: "Look at the address, the firewall, the proxy variables and the "
    "certificates of this machine.",
    ProviderReason.TIMEOUT: "If it stays so, look at the network, or take a faster model.",
    ProviderReason.TRUNCATED: "If it stays so, something on the way cuts connections: a proxy, "
    "perhaps.",
    ProviderReason.MALFORMED: "The address may belong to something that is no such API.",
}


async def ask(settings: Settings, provider: str, model: str | None) -> list[DoctorFinding]:
    """Ask the provider one small question, and return the finding."""
    models = (await with_plugins(settings)).models().providers
    state, detail = State.BROKEN, ""
    try:
        name = model or models.default_model(provider)
        async with asyncio.timeout(_LONGEST):
            state, detail = State.OK, f"{name} {await _answer(models, provider, name)}"
    except ProviderError as error:
        detail = f"{error.message} {_ADVICE[error.reason]}"
    except Unavailable as error:
        detail = error.message
    except TimeoutError:
        detail = f"{provider} did not answer within {_LONGEST:.0f} seconds."
    except Exception as error:  # noqa: BLE001  a plugin's code may raise anything
        detail = f"{provider} raised what no provider should: {in_short(error)}"
    finally:
        await models.close()
    return [DoctorFinding(f"provider {provider}", state, detail)]


async def _answer(models: ChatModels, provider: str, model: str) -> str:
    """Return a description of the answer, with its latency and tokens."""
    sampling = Sampling(max_output_tokens=_ANSWER_LENGTH)
    request = ModelRequest(model, [UserTurn(_QUESTION)], sampling=sampling)
    began, first = monotonic(), 0.0
    pieces: list[Piece] = []
    async with aclosing(models.get(provider).stream(request)) as stream:
        async for piece in stream:
            first = first or monotonic() - began
            pieces.append(piece)
    used = next((piece.usage for piece in pieces if isinstance(piece, Stop)), None)
    if used is None:
        raise RuntimeError("its answer had no end")
    text = "".join(piece.content for piece in pieces if isinstance(piece, Text)).strip()
    reasoning = " after reasoning" if any(isinstance(p, Reasoning) for p in pieces) else ""
    return (
        f"answers {text[:40]!r}{reasoning}; first piece after {first:.2f} s, "
        f"{used.input_tokens} tokens in, {used.output_tokens} out"
    )
