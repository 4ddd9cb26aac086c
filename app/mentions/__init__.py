"""舆情监测: mentions come in, are matched with the watch rules and counted."""
