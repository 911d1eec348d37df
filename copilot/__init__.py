"""A suggested reply waits for each turn: validated, classified, chosen, worded, offered, matched."""
