"""Writes a trained network as ONNX files that run without unrolled and Keras, and proves them.

| file | what it is |
|---|---|
| `operations/` | each operation of a program as ONNX operators |
| `nodes.py` | the nodes and constants of an ONNX graph while it is written |
| `onnx_graph.py` | a graph of a program as an ONNX model |
| `extra.py` | onnx and onnxruntime, which are optional |
"""
