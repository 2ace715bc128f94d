"""The catalogue of sentences of the answer. Each function makes one statement from facts that are already computed.

recommendation.py    the recommendation and its certainty
details.py           good learning rates, the cost of a step, the next step
words.py             phrases that several sentences share
"""
