"""x times a gate that depends on x."""
