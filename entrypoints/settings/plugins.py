"""Settings of plugins: which are loaded or required, and the time limits of their code."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings

from entrypoints.settings.values import check_existing_folder, split_list

Names = Annotated[tuple[str, ...], BeforeValidator(split_list)]


class PluginSettings(BaseSettings):
    """Settings of plugins."""

    plugins_blocked: Names = Field(
        (),
        validation_alias="PUERTO_PLUGINS_BLOCKED",
        description="Plugins that are not loaded, by name, separated by commas.",
    )
    plugins_required: Names = Field(
        (),
        validation_alias="PUERTO_PLUGINS_REQUIRED",
        description="Plugins that must be in use, by name, separated by commas: without one of "
        "them only calls that read are made, no model is asked if it may guard messages, and "
        "`/api/ready` answers 503.",
    )
    plugins_folder: Annotated[Path, AfterValidator(check_existing_folder)] | None = Field(
        None,
        validation_alias="PUERTO_PLUGINS_FOLDER",
        description="Folder whose `.py` files are plugins, each by its file's name; those that "
        "begin with `_` are not.",
    )
    plugin_seconds: float = Field(
        15,
        ge=0.1,
        le=600,
        validation_alias="PUERTO_PLUGIN_SECONDS",
        description="Seconds that importing a plugin, and each of its hooks, may take. One that "
        "takes longer is quarantined.",
    )
    blocked_seconds: float = Field(
        2,
        ge=0.1,
        le=600,
        validation_alias="PUERTO_BLOCKED_SECONDS",
        description="Seconds that a plugin's code may hold up everything else. A tool that holds "
        "it up longer is quarantined.",
    )
    collect_seconds: float = Field(
        60,
        ge=0.1,
        le=3600,
        validation_alias="PUERTO_COLLECT_SECONDS",
        description="Seconds between two rounds in which plugins are asked for figures and alerts. "
        "In half of them a plugin must have answered.",
    )
