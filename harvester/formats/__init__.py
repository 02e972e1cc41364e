"""Record -> other formats: pure, one small module each."""
