"""The composition root: who fulfils which port."""
