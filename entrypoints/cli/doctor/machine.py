"""Read-only checks of the machine and of the settings."""

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from entrypoints.cli.doctor.findings import DoctorFinding, State
from entrypoints.settings.settings import Settings
from entrypoints.settings.values import variables

_LITTLE: Final = 1024**3  # bytes
_CHECKED_ELSEWHERE: Final = frozenset({"jwt_secret", "encryption_key"})
_HIDDEN: Final = frozenset({"database_url", "database_listen_url"})  # they may hold a password


def machine_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """Yield the findings on free disk space, open files and registration."""
    folder = next(each for each in _upwards(settings.data_dir) if each.exists())
    free = shutil.disk_usage(folder).free
    state = State.NOTE if free < _LITTLE else State.OK
    yield DoctorFinding("disk", state, f"{free / _LITTLE:.1f} GiB free for {settings.data_dir}")
    yield from _open_files()
    who = (
        "open: whoever reaches the service may register"
        if settings.registration_is_open
        else ("closed: puerto user add makes users")
    )
    yield DoctorFinding("registration", State.OK, who)


def setting_findings(settings: Settings, known: Collection[str]) -> Iterator[DoctorFinding]:
    """Yield each setting that is set, with its value unless that is secret, and the unset ones.

    ``known`` are variables that have a finding already.
    """
    names, unset = dict[str, str](), list[str]()
    for field, info in Settings.model_fields.items():
        name = variables(info)[0]
        if field not in settings.model_fields_set:
            unset.append(name)
        elif field not in _CHECKED_ELSEWHERE and name not in known:
            names[name] = _value(field, getattr(settings, field))
    for name, value in names.items():
        yield DoctorFinding(name, State.OK, value)
    yield DoctorFinding("not set", State.OK, ", ".join(unset))


def _value(field: str, value: object) -> str:
    if field in _HIDDEN or isinstance(value, SecretStr):
        return "set"
    if isinstance(value, tuple):
        hidden = any(isinstance(each, SecretStr) for each in value)
        return f"{len(value)} set" if hidden else ", ".join(map(str, value))
    return str(value)


def _upwards(folder: Path) -> Iterator[Path]:
    absolute = folder.absolute()
    yield from (absolute, *absolute.parents)


def _open_files() -> Iterator[DoctorFinding]:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield DoctorFinding("open files", State.OK, f"up to {soft}, which a start raises up to {hard}")
