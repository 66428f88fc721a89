"""The engine: from a live `nn.Module` to an ONNX file whose nodes name their module call. Knows no notebook."""
