"""Functions that draw random numbers: Philox keyed by the seed, one draw an element."""
