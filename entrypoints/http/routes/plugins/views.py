"""The JSON of plugins: what the routes of plugins answer."""

from pydantic import BaseModel, Field

from domain.plugins.incidents import PluginPart
from domain.plugins.plugin import PluginState, ProblemKind
from domain.plugins.settings import SettingSource
from domain.tools.tool import Effect
from entrypoints.http.fields import Timestamp


class IncidentView(BaseModel):
    """Failures of one part of a plugin, counted since the start of the answering worker."""

    part: PluginPart = Field(
        description="`task`: one that it started, did not await and left behind. `model`: one of "
        "its providers raised what no provider should, or could not be made."
    )
    count: int
    last_error: str
    where: str = Field(description="A file and a line; empty where nobody knows.")
    at: Timestamp = Field(description="When it failed last.")


class ProblemView(BaseModel):
    """One thing that is wrong with a plugin, and what to do about it."""

    kind: ProblemKind = Field(
        description="`refused`: something that it registers is invalid, or its name is taken; "
        "`quarantined`: the plugin, or a tool of it; `setting`: one is missing or does not fit; "
        "`incident`: something of it failed while it was in use."
    )
    what: str
    where: str = Field(description="A file and a line; empty where nobody knows.")
    since: Timestamp | None = Field(description="When it happened first; null where nobody knows.")
    count: int = Field(description="How often it happened since then.")
    remedy: str = Field(description="A command, or what to change.")


class PluginView(BaseModel):
    """A plugin, and what became of it on the worker that answers."""

    name: str
    version: str = Field(description="That of its distribution; empty for a file.")
    distribution: str = Field(description="The installed package; empty for a file.")
    file: str = Field(description="The path of a plugin that is one file, else empty.")
    state: PluginState = Field(
        description="`quarantined`: it is broken; `disabled`: an operator switched it off; "
        "`waiting`: its settings are missing or do not fit; "
        "`blocked`: `PUERTO_PLUGINS_BLOCKED` names it."
    )
    enabled: bool = Field(description="Whether it is in use.")
    reason: str = Field(
        description="Why it is not in use, or which of its tools were refused or set aside and "
        "why; empty if all is well."
    )
    tools: list[str] = Field(description="Its tools that can be called.")
    notes: list[str] = Field(
        description="What works, but should be changed by its author: a deprecated hook, say."
    )
    incidents: list[IncidentView] = Field(
        description="What failed while it was in use, but for calls of tools, of which runs tell."
    )
    problems: list[ProblemView] = Field(
        description="Everything that is wrong, one by one: refusals, quarantines, settings and "
        "incidents."
    )


class CallTimesView(BaseModel):
    """How long calls took on the answering worker, since the plugin was loaded."""

    count: int
    mean_ms: float
    slowest_ms: float
    last_ms: float


class BroughtToolView(BaseModel):
    """A tool of a plugin."""

    name: str
    title: str
    effect: Effect
    enabled: bool
    reason: str = Field(description="Why it is off, unless an operator switched it off.")
    source: str = Field(
        description="Where a tool comes from that comes and goes while the plugin is in use; empty "
        "for the others."
    )
    calls: CallTimesView
    previews: CallTimesView


class BroughtFunctionView(BaseModel):
    """A function that a plugin registers, as a veto or for figures."""

    part: PluginPart
    name: str
    where: str = Field(description="Its file and line; empty where it has none.")
    calls: CallTimesView = Field(description="Of a lifespan: how long it took to enter.")


class BroughtModelView(BaseModel):
    """A chat model of a plugin."""

    name: str
    default_model: str


class BroughtAgentView(BaseModel):
    """An agent of a plugin."""

    name: str
    description: str


class BroughtAccountView(BaseModel):
    """An account of a plugin, which each user connects."""

    name: str
    title: str


class BroughtView(BaseModel):
    """What a plugin brings; nothing while it is not loaded."""

    tools: list[BroughtToolView]
    functions: list[BroughtFunctionView] = Field(
        description="Figures, alerts, vetoes, guards, observers and lifespans."
    )
    chat_models: list[BroughtModelView]
    agents: list[BroughtAgentView]
    accounts: list[BroughtAccountView]


class SettingView(BaseModel):
    """One setting: where its value comes from."""

    name: str
    source: SettingSource = Field(
        description="`operator`: set through this API; `environment`: the variable; `missing`: it "
        "is required and nowhere set."
    )
    variable: str = Field(description="Its variable in the environment or in `.env`.")
    secret: bool
    required: bool


class LoadView(BaseModel):
    """When a plugin was loaded on the answering worker, and how long that took."""

    at: Timestamp
    import_ms: float
    register_ms: float


class PluginDetails(PluginView):
    """A plugin with everything that it brings."""

    requires: str = Field(
        description="The versions of Puerto that it declares to work with; empty if it does not."
    )
    load: LoadView | None = Field(description="Null while it is not loaded.")
    brings: BroughtView
    settings: list[SettingView] = Field(
        description="Those that it declares; their values are in `/api/plugins/{name}/settings`."
    )


class PluginList(BaseModel):
    """The plugins, in the order in which names of tools are given away."""

    plugins: list[PluginView]
