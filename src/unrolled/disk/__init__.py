"""Files that are whole or not there: durable writes, locks, figures."""
