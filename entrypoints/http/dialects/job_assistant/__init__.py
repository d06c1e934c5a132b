"""The dialect of a job assistant's chat: `/api/chat/message` and its neighbours, and `/ws/chat`."""
