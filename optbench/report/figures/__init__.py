"""Figures: a DataFrame in, a matplotlib Figure out. What is drawn was computed before; seaborn draws curves."""
