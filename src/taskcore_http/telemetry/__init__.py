"""What an operator sees: a line of log a request, metrics, traces, and times for developers.

Whatever leaves here names a request by its method and the template of its route: paths have user
ids in them, queries have filters, bodies have titles.
"""
