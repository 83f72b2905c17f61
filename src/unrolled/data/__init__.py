"""The data room: a file, a frame or arrays go in; encoded rows come out."""
