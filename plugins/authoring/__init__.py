"""The authoring kit of plugins: the ``@tool`` decorator, schemas of arguments, and the hooks."""
