"""Knowledge of the protocols of 1C:Enterprise and nothing else: names, values, EDMX, expressions, clients."""
