"""What the file `.env` holds for the clouds reaches their libraries."""

import os

import pytest

from entrypoints.settings.sdk_variables import export_sdk_variables


def test_the_clouds_variables_are_handed_on_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"AWS_REGION": "eu-west-1"})
    given = {
        "AWS_REGION": "us-east-1",
        "AWS_PROFILE": "ours",
        "AZURE_TENANT_ID": "",
        "GOOGLE_CLOUD_PROJECT": "our-project",
        "OPENAI_API_KEY": "sk-1",
    }
    export_sdk_variables(given)
    assert os.environ == {
        "AWS_REGION": "eu-west-1",
        "AWS_PROFILE": "ours",
        "GOOGLE_CLOUD_PROJECT": "our-project",
    }
