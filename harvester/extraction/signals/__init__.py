"""One reader per vocabulary, each Document -> list[Signal]: every value kept, never the first alone."""
