"""How good and how fast a pipeline is: backtest, baseline, bench."""
