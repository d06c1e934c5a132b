"""Reading a sentence: its words, numbers, dates, places, its language."""
