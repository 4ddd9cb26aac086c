"""A made-up company and a month of it, played through the service's own verbs at instants of the past.

``script`` says what happens, from a seed and without a clock; ``past`` has the clock and what rings by itself; the others
play their part of the script.
"""
