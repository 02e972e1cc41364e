"""PURE: (Page, Source) -> Record with evidence. No clock, network, disk, environment or chance; see README.md."""
