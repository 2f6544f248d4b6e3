"""Search quality on problems whose answers are known without training."""
