"""The clocks 时限 under kills, crashes, outages and wrong host clocks; `make faults` is their long form.

Timers are laid into the database as a grade would have set them, real workers ring them, and what they did is counted
from the rows they left: against each threshold's own instant, by the database's clock alone.
"""
