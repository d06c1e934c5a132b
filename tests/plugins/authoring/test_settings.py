"""A plugin's settings: which there are, where their values come from, and what is secret."""

from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr, field_validator

from domain.plugins.settings import CurrentSettings, ReadSettings, SettingSource
from plugins.authoring.settings import PydanticSettings


class Server(BaseModel):
    host: str = "crm.example"
    password: SecretStr = SecretStr("")


class CrmSettings(BaseModel):
    """How the CRM is reached."""

    token: SecretStr
    url: str = "https://crm.example"
    retries: Annotated[int, Field(ge=0, le=9)] = 3
    regions: list[str] = []
    server: Server = Server()
    region: str = Field("eu", validation_alias="CRM_HOME_REGION")
    team: str = Field("x", validation_alias=AliasChoices("CRM_TEAM", "TEAM"))

    @field_validator("url")
    @classmethod
    def _https(cls, url: str) -> str:
        if not url.startswith("https://"):
            raise ValueError("It must begin with https://.")
        return url


FORM = PydanticSettings("my-crm", CrmSettings)


def read(environ: Mapping[str, str], **stored: Any) -> ReadSettings:
    settings = CurrentSettings(environ)
    settings.take({"my-crm": stored})
    return settings.read("my-crm", FORM)


def test_each_setting_has_a_variable_of_its_own() -> None:
    assert {each.name: each.variable for each in FORM.declared} == {
        "token": "MY_CRM_TOKEN",
        "url": "MY_CRM_URL",
        "retries": "MY_CRM_RETRIES",
        "regions": "MY_CRM_REGIONS",
        "server": "MY_CRM_SERVER",
        "region": "CRM_HOME_REGION",
        "team": "CRM_TEAM",
    }
    assert [each.name for each in FORM.declared if each.is_secret] == ["token"]
    assert [each.name for each in FORM.declared if each.is_required] == ["token"]
    assert FORM.schema["properties"]["retries"]["maximum"] == 9
    assert "token" in FORM.schema["required"]


def test_operators_win_over_the_environment_and_it_over_defaults() -> None:
    environ = {
        "MY_CRM_TOKEN": " from-the-environment ",
        "MY_CRM_RETRIES": "5",
        "MY_CRM_REGIONS": '["eu", "us"]',
        "MY_CRM_SERVER": '{"host": "h", "password": "hidden-password"}',
        "MY_CRM_URL": "",
        "CRM_HOME_REGION": "us",
    }
    found = read(environ, retries=7)
    value = found.value
    assert isinstance(value, CrmSettings)
    assert (value.retries, value.regions, value.region) == (7, ["eu", "us"], "us")
    assert value.token.get_secret_value() == "from-the-environment"
    assert value.server.host == "h"
    assert found.sources["retries"] == SettingSource.OPERATOR
    assert found.sources["regions"] == SettingSource.ENVIRONMENT
    assert found.sources["url"] == SettingSource.DEFAULT
    assert found.problem == ""


def test_secrets_are_told_from_the_rest() -> None:
    found = read({"MY_CRM_TOKEN": "s3cr3t-token"}, server={"password": "hidden-password"})
    assert FORM.shown(found.value) == {
        "token": "***",
        "url": "https://crm.example",
        "retries": 3,
        "regions": [],
        "server": {"host": "crm.example", "password": "***"},
        "region": "eu",
        "team": "x",
    }
    assert dict(FORM.secrets(found.value)) == {
        "token": "s3cr3t-token",
        "server.password": "hidden-password",
    }


def test_what_is_wrong_is_said_without_a_value() -> None:
    found = read({"MY_CRM_RETRIES": "s3cr3t", "MY_CRM_URL": "http://s3cr3t"})
    assert found.value is None
    assert found.sources["token"] == SettingSource.MISSING
    assert {each.path for each in found.problems} == {"token", "retries", "url"}
    assert found.problem == (
        "it waits for its settings: token (MY_CRM_TOKEN): is missing; "
        "url (MY_CRM_URL): must begin with https://; "
        "retries (MY_CRM_RETRIES): must be a whole number"
    )


def test_text_that_looks_like_json_stays_text_where_text_is_declared() -> None:
    assert isinstance(found := read({"MY_CRM_TOKEN": '{"a": 1}'}).value, CrmSettings)
    assert found.token.get_secret_value() == '{"a": 1}'


def test_a_validator_that_fails_gives_nothing_away() -> None:
    class Rude(BaseModel):
        token: str = "x"

        @field_validator("token")
        @classmethod
        def _raise(cls, token: str) -> str:
            raise RuntimeError(f"cannot use {token}")

    settings = CurrentSettings({"RUDE_TOKEN": "s3cr3t"})
    found = settings.read("rude", PydanticSettings("rude", Rude))
    assert "s3cr3t" not in found.problem
    assert "RuntimeError" in found.problem


def test_nothing_is_read_twice_while_nothing_changes() -> None:
    settings = CurrentSettings({"MY_CRM_TOKEN": "t"})
    first = settings.read("my-crm", FORM)
    assert settings.read("my-crm", FORM) is first
    settings.take({"my-crm": {"retries": 1}})
    assert settings.read("my-crm", FORM) is not first


@pytest.mark.parametrize("value", [None, 5])
def test_no_settings_have_no_value(value: object) -> None:
    assert CurrentSettings({}).value(f"{value}") is None
    assert dict(CurrentSettings({}).secrets(f"{value}")) == {}
