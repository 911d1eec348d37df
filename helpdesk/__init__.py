"""A case comes in, an agent answers. This layer knows no other."""
