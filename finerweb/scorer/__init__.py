"""The usefulness regression itself."""
