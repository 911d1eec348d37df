"""A simulated helpdesk: the demo world's customers ask again, and agents whose behaviour is written down answer."""
