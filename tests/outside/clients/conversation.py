"""A conversation through the client that openapi-python-client makes of the document, no cast."""

import sys
import uuid

from puerto_client import AuthenticatedClient, Client
from puerto_client.api.authentication import auth_register
from puerto_client.api.chat import chat_send
from puerto_client.api.conversations import conversations_find, conversations_get
from puerto_client.models import (
    ChatAnswer,
    ChatRequest,
    ConversationList,
    ErrorAnswer,
    RegisterRequest,
    TokenAnswer,
)

url = sys.argv[1]
me = RegisterRequest(f"{uuid.uuid4()}@example.org", "Ada", uuid.uuid4().hex)
grant = auth_register.sync(client=Client(url), body=me)
assert isinstance(grant, TokenAnswer)
api = AuthenticatedClient(url, grant.access_token)

conversation: uuid.UUID | None = None
for message in ("What is 17 * 23?", "And multiply that by 2?"):
    body = ChatRequest(message, conversation_id=conversation)
    answer = chat_send.sync(client=api, body=body)
    assert isinstance(answer, ChatAnswer)
    conversation = answer.conversation_id
    print(answer.message, answer.usage.total_tokens, [call.tool for call in answer.tool_calls])

found = conversations_find.sync(client=api, limit=5)
assert isinstance(found, ConversationList)
print(found.conversations[0].title)
failed = conversations_get.sync(uuid.uuid4(), client=api)
assert isinstance(failed, ErrorAnswer)
print(failed.error.code)
