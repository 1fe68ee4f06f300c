"""Templates with one fault each, made by rule from ours: a gate that lets one of them pass is too wide."""
