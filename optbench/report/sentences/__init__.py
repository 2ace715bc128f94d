"""The catalogue of sentences of the answer. Each function says one thing, from facts that are computed already.

recommendation.py    what to use, and how sure that is
details.py           which learning rates work as well, what a step costs, what to do next
words.py             phrases that several sentences have
"""
