"""OpenAI's two APIs, chat completions and responses, and whatever speaks the first."""
