"""The wiring of adapters: database, encryption, web, providers of models and of identity."""
