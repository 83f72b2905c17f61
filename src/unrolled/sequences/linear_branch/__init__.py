"""The linear branch beside the recurrent network: its rows and its weights."""
