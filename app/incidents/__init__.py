"""危机处置: incidents, what they gained minute by minute, their grades and their timeline."""
