"""From a question to an outcome: pure, numpy and ONNX Runtime only, no Django."""
