"""The wiring of adapters: database, encryption, web, providers of models."""
