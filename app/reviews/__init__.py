"""复盘: reviews of incidents, what they decide, and the risk register."""
