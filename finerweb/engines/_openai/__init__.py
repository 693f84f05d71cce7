"""The parts of the engine `openai`."""
