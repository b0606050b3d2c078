"""How a model runs: the device, the processes, and a model sharded over them."""
