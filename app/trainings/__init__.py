"""Training and drills 培训演练: who has learned what, which documents they know, how a scenario was played."""
