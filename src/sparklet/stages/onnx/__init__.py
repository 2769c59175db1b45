"""Stages that run an ONNX graph: SynapseML's `ONNXModel`, and `sparklet.spark.OnnxTransformer`."""

__all__ = ["STAGES"]

STAGES = {
    "com.microsoft.azure.synapse.ml.onnx.ONNXModel": "models",
    "sparklet.spark.onnx.OnnxTransformer": "models",
}
"""The module that defines each stage, by its class name."""
