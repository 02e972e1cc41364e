"""Signals -> the chosen value per field and language; one module per field, each keeps its evidence."""
