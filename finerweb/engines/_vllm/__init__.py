"""The parts of the engine `vllm`."""
