"""What a fresh server starts with: the country's areas, and on request the demo commune or a province for benchmarks."""
