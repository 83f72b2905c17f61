"""Files on disk: writes that survive a power failure, locks between processes, figures."""
