"""The routing core against its peers: graphs from fixed seeds, answers checked first, then timed in pairs."""
