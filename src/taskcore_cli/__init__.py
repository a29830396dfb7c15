"""taskcore's command line: a thin door to the library, for a person at a terminal and for scripts.

A command reads its words, makes one use-case call and prints. ``app`` is the table of commands,
``commands`` has a module for each, and what they share lies beside it.
"""
