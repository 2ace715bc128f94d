"""Functions that draw a DataFrame as a matplotlib figure. They compute no statistics. Seaborn draws curves."""
