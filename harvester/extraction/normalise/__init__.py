"""Raw words -> the normal form of their kind: identifiers, dates, names, keywords, text."""
