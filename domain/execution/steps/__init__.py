"""The steps of a run: of the model, of tools, and of humans."""
