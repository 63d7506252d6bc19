"""HTTP: thin endpoints that tie the mathematics to the formats, and one table of errors."""
