"""The registry: vehicles, cards, passes, leases, permits and the watch list; versions, look-up, import and export.

Written by the intake alone; everybody else reads. Personal data (names, phones) stay in here: nothing of them may go
into what a look-up gives.
"""
