"""Gates for continuous integration: did a change make an optimizer slower, or make it learn worse?"""
