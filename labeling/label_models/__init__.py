"""Label models: many votes become one label with its probability, behind one interface; pure."""
