"""What a run reports while it trains: metrics, TensorBoard and the status line."""
