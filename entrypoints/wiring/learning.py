"""Learned APIs: reading documents, credentials, and calling what was learned."""

from dataclasses import dataclass

from adapters.http.oauth import OAuthTokens
from adapters.persistence import Store
from domain.learning.cache import ApiCache
from domain.learning.credential_store import CredentialStore
from domain.learning.documents import Documents
from domain.learning.inspection import ApiInspection
from domain.learning.keeping import ApiChanges, ApiNews
from domain.learning.neighbours import Neighbours
from domain.learning.own_credentials import OwnCredentials
from domain.learning.refreshing import ScheduledRefresh
from domain.learning.service import Learning
from domain.learning.waiting import WaitingDiffs
from domain.shared.cipher import Cipher
from domain.shared.clock import Clock
from domain.web.ports import HostCheck
from entrypoints.settings.settings import Settings
from entrypoints.wiring.adapters.persistence import Persistence
from entrypoints.wiring.adapters.web import WebParts
from entrypoints.wiring.plugins import PluginParts
from plugins.host.host import PluginHost
from plugins.openapi.reader import ProcessReader
from plugins.openapi.wire.calling import ApiCaller


@dataclass(frozen=True, slots=True)
class LearningUseCases:
    """What people do with learned APIs, and the cache that all of it reads."""

    cache: ApiCache
    learning: Learning
    changes: ApiChanges
    inspection: ApiInspection
    own_credentials: OwnCredentials


@dataclass(frozen=True, slots=True)
class LearningParts:
    """What learns APIs, keeps their credentials and calls them."""

    use_cases: LearningUseCases
    credential_store: CredentialStore
    caller: ApiCaller
    refresh: ScheduledRefresh


def wire_learning(
    settings: Settings,
    persistence: Persistence,
    plugins: PluginParts,
    web: WebParts,
    cipher: Cipher,
    clock: Clock,
) -> LearningParts:
    """Put together what learns APIs."""
    store = persistence.store
    credential_store = CredentialStore(store.api_keys, cipher, clock)
    reader = ProcessReader(settings.max_document_bytes, web.references)
    documents = Documents(web.web, reader, settings.max_document_bytes)
    news = ApiNews(
        plugins.switches,
        plugins.plugin_service,
        plugins.notices,
        store.outbox,
        store.unit_of_work,
        clock,
    )
    use_cases = make_use_cases(
        store, documents, credential_store, news, plugins.host, clock, hosts=web.web
    )
    return LearningParts(
        use_cases=use_cases,
        credential_store=credential_store,
        caller=ApiCaller(web.web, OAuthTokens(web.transport, rotated=credential_store.rotated)),
        refresh=ScheduledRefresh(
            use_cases.learning,
            use_cases.changes,
            store.learned_apis,
            clock,
            hours=settings.refresh_hours,
        ),
    )


def make_use_cases(
    store: Store,
    documents: Documents,
    credential_store: CredentialStore,
    news: ApiNews,
    host: PluginHost,
    clock: Clock,
    *,
    hosts: HostCheck | None,
) -> LearningUseCases:
    """Return what people do with learned APIs; ``hosts`` says which addresses are allowed."""
    apis = store.learned_apis
    cache, waiting = ApiCache(apis), WaitingDiffs(apis)
    return LearningUseCases(
        cache=cache,
        learning=Learning(apis, cache, documents, Neighbours(apis, cache, host, host), clock),
        changes=ApiChanges(apis, cache, waiting, credential_store, news, store.unit_of_work),
        inspection=ApiInspection(apis, cache, waiting, credential_store, hosts),
        own_credentials=OwnCredentials(apis, credential_store),
    )
