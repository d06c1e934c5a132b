"""The names of all spans, attributes and metrics: the one table, held to the code by a test.

They follow OpenTelemetry's conventions for generative AI, which are in development
(https://github.com/open-telemetry/semantic-conventions-genai). ``opentelemetry-util-genai`` knows
them; what is Puerto's own begins with ``puerto.``. This module imports no library, so that the
documentation can be made without the extra.
"""

from typing import Final

RUN_ID: Final = "puerto.run.id"
RUN_STATUS: Final = "puerto.run.status"
RUN_WAITED: Final = "puerto.run.waited_seconds"
RUN_TAKEN_OVER: Final = "puerto.run.taken_over"
CALL_STATUS: Final = "puerto.call.status"
PLUGIN: Final = "puerto.plugin"
CANCELLED: Final = "puerto.cancelled"

AGENT: Final = "puerto"  # the agent's name, where the message is addressed to none

SPANS: Final = {
    "invoke_agent": (
        "`invoke_agent AGENT`, internal",
        "One stretch of a run: until it ends, waits for a human or is handed over.",
    ),
    "chat": ("`chat MODEL`, client", "One request to one model; a retry is another."),
    "execute_tool": ("`execute_tool TOOL`, internal", "One attempt of one call."),
}

ATTRIBUTES: Final = {
    "gen_ai.operation.name": ("all", "`invoke_agent`, `chat` or `execute_tool`."),
    "error.type": ("all", "An error code, or a provider's reason, if it failed."),
    "gen_ai.conversation.id": ("invoke_agent, chat", "The conversation."),
    "gen_ai.agent.name": ("invoke_agent", f"The agent; `{AGENT}` where the message named none."),
    RUN_ID: ("invoke_agent", "The run."),
    RUN_STATUS: ("invoke_agent", "How the stretch ended; also `waiting_consent`, `handed_over`."),
    RUN_WAITED: ("invoke_agent", "Seconds that the message waited before."),
    RUN_TAKEN_OVER: ("invoke_agent", "Whether another worker drove the run before."),
    "gen_ai.provider.name": ("chat", "The provider, by the conventions' name if it has one."),
    "gen_ai.request.model": ("chat", "The model that was asked for."),
    "gen_ai.request.stream": ("chat", "True once a piece has come."),
    "gen_ai.response.finish_reasons": ("chat", "Why the model stopped."),
    "gen_ai.response.time_to_first_chunk": ("chat", "Seconds to the first piece."),
    "gen_ai.usage.input_tokens": ("chat", "Tokens of the request."),
    "gen_ai.usage.output_tokens": ("chat", "Tokens of the answer."),
    "gen_ai.usage.cache_read.input_tokens": ("chat", "Those of the request from a cache."),
    CANCELLED: ("chat", "True if nobody wanted the rest of the answer."),
    "gen_ai.tool.name": ("execute_tool", "The tool."),
    "gen_ai.tool.type": ("execute_tool", "`function`."),
    "gen_ai.tool.call.id": ("execute_tool", "The call."),
    PLUGIN: ("execute_tool", "The plugin that brings the tool."),
    CALL_STATUS: ("execute_tool", "`finished`, `failed`, `unknown`, `suspended` or `cancelled`."),
}

METRICS: Final = {
    "gen_ai.client.operation.duration": "Seconds of requests to models.",
    "gen_ai.client.operation.time_to_first_chunk": "Seconds to the first piece of an answer.",
    "gen_ai.client.token.usage": "Tokens of requests and answers.",
    "gen_ai.execute_tool.duration": "Seconds of attempts of calls.",
    "gen_ai.invoke_agent.duration": "Seconds of stretches of runs.",
}

PROVIDERS: Final = {"google": "gcp.gemini"}  # names of the conventions that are not ours
