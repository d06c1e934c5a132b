"""A plugin in one file with the jobs that the assistant's examples are about."""

from puerto import Registry, hookimpl, tool

JOBS = [{"title": "Python developer", "place": "San Francisco"}]


@tool(effect="read", category="jobs")
async def search_jobs(text: str) -> list[dict[str, str]]:
    """Search jobs.

    Args:
        text: what is looked for.

    """
    return [job for job in JOBS if text in job["title"]]


@tool(effect="write", category="jobs")
async def submit_application(document: str) -> str:
    """Submit a document.

    Args:
        document: its name.

    """
    return f"submitted {document}"


@hookimpl
def puerto_register(registry: Registry) -> None:
    """Register the tools."""
    registry.add_tools(search_jobs, submit_application)
