"""Whether it all works 指标: it reads every room, and no room reads it."""
