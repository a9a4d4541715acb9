"""A fictional municipality, made from a seed, with the truth of what was planted."""

from orchestration.demo.generate import GENERATOR_VERSION, generate, write_demo
from orchestration.demo.truth import DemoTruth, read_truth

__all__ = ["GENERATOR_VERSION", "DemoTruth", "generate", "read_truth", "write_demo"]
