"""The program of a bundle, `predict.py`: these files in one, without what is of unrolled.

It needs numpy and onnxruntime only, and repeats what the encoders do with the cells of a table.

| file | what it is |
|---|---|
| `cells.py` | cells of a table: numbers, lists, dates |
| `labels.py` | which label a cell means |
| `text.py` | text as steps, and steps as text; characters and n-grams |
| `tags.py` | the best sequence of tags that their scheme allows |
| `columns.py` | from a cell to arrays, and from arrays to a cell |
| `decoding.py` | greedy decoding, beam search, numbers |
| `bundle.py` | the files of a bundle, and predictions of rows |
| `command.py` | `python predict.py table.csv` |
"""
