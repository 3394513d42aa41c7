"""The decision core. Pure: values in, values out; no clock, thread, file, socket or logging may be imported here."""
